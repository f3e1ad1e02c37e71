#include "stress/figures.h"

#include <stddef.h>
#include <stdlib.h>

struct figures *
figures_new(void)
{
	return calloc(1, sizeof(struct figures));
}

double
figures_jitter_ns(const struct figures *f)
{
	return f->messages > 0 ? f->udp.jitter_sum_ns / (double)f->messages : 0;
}

static int64_t
greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Make room: join every two samples into one. */
static void
join_samples(struct figures *f)
{
	for (int i = 0; i < SAMPLES / 2; i++) {
		const struct sample *a = f->samples + (ptrdiff_t)2 * i, *b = a + 1;

		f->samples[i] = (struct sample){
			.end_ns = b->end_ns,
			.messages = a->messages + b->messages,
			.failures = a->failures + b->failures,
			.p50_ns = greater(a->p50_ns, b->p50_ns),
			.p99_ns = greater(a->p99_ns, b->p99_ns),
		};
	}
	f->nsamples = SAMPLES / 2;
}

void
figures_sample(struct figures *f, int64_t now_ns)
{
	uint64_t failures = failures_total(&f->failures);

	if (f->nsamples == SAMPLES)
		join_samples(f);
	f->samples[f->nsamples++] = (struct sample){
		.end_ns = now_ns - f->began_ns,
		.messages = f->recent.count,
		.failures = failures - f->sampled_failures,
		.p50_ns = histogram_percentile_ns(&f->recent, 50),
		.p99_ns = histogram_percentile_ns(&f->recent, 99),
	};
	f->sampled_failures = failures;
	histogram_merge(&f->latency, &f->recent);
	histogram_clear(&f->recent);
}
