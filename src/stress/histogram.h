/*
 * histogram.h - counts times from nanoseconds to hours, to three digits, in fixed memory.
 *
 * Log-linear, as HdrHistogram is: each doubling of the value is cut into 1024
 * equal buckets, so that a bucket is never wider than a thousandth of what it
 * holds.  To add two histograms is to add their counts.
 */
#ifndef ECHOD_STRESS_HISTOGRAM_H
#define ECHOD_STRESS_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BITS	  10 /* of a value's digits that are kept, less one */
#define HISTOGRAM_MAX_NS  ((INT64_C(1) << 43) - 1) /* 2.4 hours; more counts as that */
#define HISTOGRAM_BUCKETS ((43 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS)

/* Zero bytes: empty. */
struct histogram {
	uint64_t count;
	int64_t sum_ns, min_ns, max_ns; /* exact */
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* Which bucket counts this value, which must be from 0 to HISTOGRAM_MAX_NS? */
static inline uint32_t
histogram_bucket(int64_t ns)
{
	uint64_t v = (uint64_t)ns;
	unsigned above; /* doublings beyond those that are counted one by one */

	if (v < (UINT64_C(2) << HISTOGRAM_BITS))
		return (uint32_t)v;
	above = (unsigned)(63 - HISTOGRAM_BITS - __builtin_clzll(v));
	return (uint32_t)((above << HISTOGRAM_BITS) + (v >> above));
}

/* The lowest value that the bucket counts. */
int64_t histogram_floor_ns(uint32_t bucket);

/* Count one; below 0 counts as 0. */
static inline void
histogram_record(struct histogram *h, int64_t ns)
{
	if (ns < 0)
		ns = 0;
	if (ns > HISTOGRAM_MAX_NS)
		ns = HISTOGRAM_MAX_NS;
	h->buckets[histogram_bucket(ns)]++;
	h->sum_ns += ns;
	if (h->count++ == 0 || ns < h->min_ns)
		h->min_ns = ns;
	if (ns > h->max_ns)
		h->max_ns = ns;
}

void histogram_merge(struct histogram *to, const struct histogram *from);
void histogram_clear(struct histogram *h);

double histogram_mean_ns(const struct histogram *h);

/*
 * The value that this percentage of all do not exceed, the least one for 0: the
 * upper end of the bucket it falls in, and never more than the maximum.  0 if
 * it is empty.
 */
int64_t histogram_percentile_ns(const struct histogram *h, double percent);

/* How many are in buckets whose lowest value is at least from_ns and below to_ns. */
uint64_t histogram_between(const struct histogram *h, int64_t from_ns, int64_t to_ns);

#endif
