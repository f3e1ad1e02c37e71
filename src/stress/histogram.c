#include "stress/histogram.h"

#include <math.h>
#include <string.h>

int64_t
histogram_floor_ns(uint32_t bucket)
{
	uint32_t above = bucket >> HISTOGRAM_BITS;

	if (above < 2)
		return bucket;
	above--;
	return (int64_t)(bucket - (above << HISTOGRAM_BITS)) << above;
}

void
histogram_merge(struct histogram *to, const struct histogram *from)
{
	uint32_t last = histogram_bucket(from->max_ns);

	if (from->count == 0)
		return;
	for (uint32_t i = histogram_bucket(from->min_ns); i <= last; i++)
		to->buckets[i] += from->buckets[i];
	if (to->count == 0 || from->min_ns < to->min_ns)
		to->min_ns = from->min_ns;
	if (from->max_ns > to->max_ns)
		to->max_ns = from->max_ns;
	to->count += from->count;
	to->sum_ns += from->sum_ns;
}

void
histogram_clear(struct histogram *h)
{
	memset(h, 0, sizeof(*h));
}

double
histogram_mean_ns(const struct histogram *h)
{
	return h->count > 0 ? (double)h->sum_ns / (double)h->count : 0;
}

int64_t
histogram_percentile_ns(const struct histogram *h, double percent)
{
	/* Asked for a little less, lest the last digit of a double take one more. */
	double part = nextafter(percent, 0) / 100;
	uint64_t wanted = (uint64_t)ceil((double)h->count * part), seen = 0;

	if (wanted == 0)
		return h->min_ns;
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen >= wanted) {
			int64_t ns = histogram_floor_ns(i + 1) - 1;

			return ns < h->max_ns ? ns : h->max_ns;
		}
	}
	return h->max_ns;
}

uint64_t
histogram_between(const struct histogram *h, int64_t from_ns, int64_t to_ns)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		int64_t ns = histogram_floor_ns(i);

		if (ns >= from_ns && ns < to_ns)
			n += h->buckets[i];
	}
	return n;
}
