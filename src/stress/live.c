#include "stress/live.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "stress/run.h"
#include "stress/units.h"

#define EVERY_NS  MILLISECONDS(250)
#define BAR_WIDTH 10
#define CLEAR	  "\r\033[K"
#define CUT_OFF	  "\033[?7l" /* what is wider than the terminal, which else wraps it */
#define WRAP	  "\033[?7h"

struct sums {
	uint64_t messages, failures;
	uint32_t open;
	int64_t p99_ns;
};

static struct sums
add_up(const struct live *l)
{
	struct sums s = { 0 };

	for (int i = 0; i < l->nruns; i++) {
		const struct run *r = &l->runs[i];
		const struct figures *f = r->figures;

		s.messages += f->messages;
		s.failures += failures_total(&f->failures);
		s.open += r->open;
		if (f->nsamples > 0 && f->samples[f->nsamples - 1].p99_ns > s.p99_ns)
			s.p99_ns = f->samples[f->nsamples - 1].p99_ns;
	}
	return s;
}

/* How much of the run is done, from 0 to 1. */
static double
progress(const struct live *l, const struct sums *s, int64_t now_ns)
{
	const struct options *o = l->runs[0].options;
	double part = (double)(now_ns - l->began_ns) /
	    (double)(o->warmup_ns + o->duration_ns);

	if (o->messages > 0)
		part = (double)s->messages / (double)o->messages;
	return part < 1 ? part : 1;
}

static void
tell(struct live *l)
{
	int64_t now_ns = clock_monotonic_ns();
	struct sums s = add_up(l);
	double seconds = (double)(now_ns - l->told_ns) / 1e9;
	double rate = (double)(s.messages - l->told_messages) / seconds;
	int done = (int)(progress(l, &s, now_ns) * BAR_WIDTH);
	char open[UNITS_TEXT], each[UNITS_TEXT], p99[UNITS_TEXT];

	fprintf(stderr,
	    CLEAR CUT_OFF "%5.1f s [%.*s%*s] %s connections  %s msg/s  p99 %s  %" PRIu64
			  " errors" WRAP,
	    (double)(now_ns - l->began_ns) / 1e9, done, "##########", BAR_WIDTH - done,
	    "", units_count(open, s.open), units_count(each, (uint64_t)rate),
	    units_time(p99, (double)s.p99_ns), s.failures);
	l->told_ns = now_ns;
	l->told_messages = s.messages;
}

static enum step
live_run(struct task *t)
{
	struct live *l = container_of(t, struct live, task);

	TASK_BEGIN(t);
	for (;;) {
		YIELD(t, elapsed(EVERY_NS));
		if (t->woke == WAKE_CANCEL)
			break;
		tell(l);
	}
	fprintf(stderr, CLEAR);
	TASK_END(t);
}

static const struct task_type live_task = { .name = "live", .run = live_run };

int
live_start(struct live *l, struct loop *loop, struct task_group *group,
    struct run *runs, int nruns)
{
	if (runs[0].options->quiet || runs[0].options->verbose ||
	    !isatty(STDERR_FILENO))
		return 0;
	l->runs = runs;
	l->nruns = nruns;
	l->began_ns = l->told_ns = clock_monotonic_ns();
	return task_start(loop, &l->task, group, &live_task, 0);
}
