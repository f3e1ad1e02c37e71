#include <inttypes.h>
#include <math.h>

#include "stress/report.h"

#define TICKS_PER_HALF 5 /* lines each time the distance to 100% halves */

/* How much of all is at or below a value. */
static double
part_below(const struct histogram *h, int64_t ns)
{
	return (double)histogram_between(h, 0, ns + 1) / (double)h->count;
}

static void
print_line(FILE *out, const struct histogram *h, double part)
{
	int64_t ns = histogram_percentile_ns(h, 100 * part);
	double below = part_below(h, ns);

	fprintf(out, "%12.3f %14.12f %10.0f", (double)ns / 1e3, part,
	    below * (double)h->count);
	if (part < 1)
		fprintf(out, " %14.2f", 1 / (1 - part));
	fprintf(out, "\n");
}

void
report_hgrm(FILE *out, const struct histogram *h)
{
	double squares = 0, mean_us = histogram_mean_ns(h) / 1e3;

	fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
	    "1/(1-Percentile)");
	for (int i = 0; h->count > 0; i++) {
		int half = i / TICKS_PER_HALF, tick = i % TICKS_PER_HALF;
		double rest = exp2(-half) * (1 - (double)tick / (2 * TICKS_PER_HALF));

		if (i > 0 && rest * (double)h->count < 1)
			break;
		print_line(out, h, 1 - rest);
	}
	if (h->count > 0)
		print_line(out, h, 1);

	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		double us = (double)histogram_floor_ns(i) / 1e3;

		squares += (double)h->buckets[i] * (us - mean_us) * (us - mean_us);
	}
	fprintf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean_us,
	    h->count > 0 ? sqrt(squares / (double)h->count) : 0);
	fprintf(out, "#[Max     = %12.3f, Total count    = %12" PRIu64 "]\n",
	    (double)h->max_ns / 1e3, h->count);
	fprintf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n",
	    HISTOGRAM_BUCKETS >> HISTOGRAM_BITS, 2 << HISTOGRAM_BITS);
}
