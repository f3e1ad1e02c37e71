#include "stress/compare.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/clock.h"
#include "stress/run.h"

#define SLICE_NS MILLISECONDS(80)
#define WARM_NS	 MILLISECONDS(10) /* of each slice, before it counts */
#define POLL_NS	 MILLISECONDS(5)

/* ---- slices ---- */

static bool
all_connected(const struct compare *c)
{
	for (int i = 0; i < c->nruns; i++)
		if (c->runs[i].started < c->runs[i].nclients || c->runs[i].starting > 0)
			return false;
	return true;
}

static bool
goes_on(const struct compare *c)
{
	for (int i = 0; i < c->nruns; i++)
		if (c->runs[i].living == 0)
			return false;
	return !*c->interrupted && (c->cycles == 0 || clock_monotonic_ns() < c->end_ns);
}

/* Count what is due from then on; INT64_MAX: nothing for now. */
static void
count_from(struct compare *c, int64_t ns)
{
	for (int i = 0; i < c->nruns; i++) {
		c->runs[i].figures->from_ns = ns;
		run_count(&c->runs[i]);
	}
}

/* Room for one more cycle. */
static bool
reserve(struct compare *c)
{
	int room = c->room > 0 ? 2 * c->room : 64;
	double *more;

	if (c->cycles < c->room)
		return true;
	more = reallocarray(c->rates, (size_t)room * (size_t)c->nruns, sizeof(*more));
	if (more == NULL)
		return false;
	c->rates = more;
	c->room = room;
	return true;
}

/* Of one cycle, by target. */
static double *
rates_of(const struct compare *c, int cycle)
{
	return c->rates + (ptrdiff_t)cycle * c->nruns;
}

static void
mark(struct compare *c)
{
	c->mark_ns = clock_monotonic_ns();
	c->mark = c->run->figures->messages;
}

static double
rate_since_mark(const struct compare *c)
{
	double seconds = (double)(clock_monotonic_ns() - c->mark_ns) / 1e9;

	return (double)(c->run->figures->messages - c->mark) / seconds;
}

/* The k-th target of this cycle. */
static int
in_turn(const struct compare *c)
{
	return (c->cycles + c->k) % c->nruns;
}

static enum step
slice(struct task *t, struct compare *c)
{
	TASK_BEGIN(t);
	c->run = &c->runs[in_turn(c)];
	run_go_on(c->run);
	YIELD(t, elapsed(WARM_NS));
	mark(c);
	YIELD(t, elapsed(SLICE_NS));
	rates_of(c, c->cycles)[in_turn(c)] = rate_since_mark(c);
	run_hold(c->run);
	while (c->run->inflight > 0 && c->run->living > 0 && t->woke != WAKE_CANCEL)
		YIELD(t, within(woken(), POLL_NS));
	TASK_END(t);
}

/* ---- the whole ---- */

enum step
compare(struct task *t, struct compare *c)
{
	TASK_BEGIN(t);
	for (int i = 0; i < c->nruns; i++) {
		run_hold(&c->runs[i]);
		if (run_start(&c->runs[i], t) < 0)
			TASK_RETURN(t);
	}
	while (!all_connected(c) && !*c->interrupted)
		YIELD(t, elapsed(POLL_NS));

	count_from(c, INT64_MAX);
	c->from_ns = clock_monotonic_ns() + c->runs[0].options->warmup_ns;
	c->end_ns = c->from_ns + c->runs[0].options->duration_ns;
	while (goes_on(c) && reserve(c)) {
		c->began_ns = clock_monotonic_ns();
		if (c->cycles == 0 && c->began_ns >= c->from_ns)
			count_from(c, c->began_ns); /* the warm-up is over */
		for (c->k = 0; c->k < c->nruns; c->k++)
			CALL(t, slice(t, c));
		if (c->began_ns >= c->from_ns) /* else it was to warm up */
			c->cycles++;
	}

	for (c->k = 0; c->k < c->nruns; c->k++) {
		run_stop(&c->runs[c->k]);
		YIELD(t, joined(&c->runs[c->k].readers));
		run_end(&c->runs[c->k]);
	}
	TASK_END(t);
}

void
compare_release(struct compare *c)
{
	free(c->rates);
	c->rates = NULL;
}

/* ---- figures ---- */

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The value below which this part of the sorted values lies. */
static double
quantile(const double *sorted, int n, double part)
{
	double at = part * (n - 1);
	int i = (int)at;
	double next = i + 1 < n ? sorted[i + 1] : sorted[i];

	return sorted[i] + (next - sorted[i]) * (at - i);
}

/* Of a target's rates, each divided by that of the target `by`; by -1: as they are. */
static struct quartiles
quartiles_of(const struct compare *c, int target, int by)
{
	double *values = calloc((size_t)c->cycles + 1, sizeof(*values));
	struct quartiles q = { 0 };
	int n = 0;

	for (int i = 0; values != NULL && i < c->cycles; i++) {
		const double *rates = rates_of(c, i);

		if (by < 0)
			values[n++] = rates[target];
		else if (rates[by] > 0)
			values[n++] = rates[target] / rates[by];
	}
	if (n > 0) {
		qsort(values, (size_t)n, sizeof(*values), ascending);
		q = (struct quartiles){ quantile(values, n, 0.25),
			quantile(values, n, 0.5), quantile(values, n, 0.75) };
	}
	free(values);
	return q;
}

struct quartiles
compare_rate(const struct compare *c, int target)
{
	return quartiles_of(c, target, -1);
}

struct quartiles
compare_ratio(const struct compare *c, int target)
{
	return quartiles_of(c, target, 0);
}
