#include "stress/session.h"

#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/util.h"
#include "stress/limits.h"
#include "stress/report.h"

#define SAMPLES_WANTED 100

/* ---- ^C ---- */

static void
interrupt(void *arg)
{
	struct session *s = arg;

	for (int i = 0; i < s->nruns; i++) {
		if (s->interrupted)
			run_cancel(&s->runs[i]);
		s->runs[i].interrupted = true;
	}
	s->interrupted = true;
	task_wake(&s->conductor);
}

static const struct signal_action actions[] = {
	{ SIGINT, interrupt },
	{ SIGTERM, interrupt },
	{ 0, NULL },
};

/* ---- tasks ---- */

static enum step
sampler_run(struct task *t)
{
	struct session *s = container_of(t, struct session, sampler);

	TASK_BEGIN(t);
	for (;;) {
		YIELD(t, elapsed(s->sample_ns));
		if (t->woke == WAKE_CANCEL)
			break;
		if (s->runs[0].figures->nsamples == SAMPLES)
			s->sample_ns *= 2;
		for (int i = 0; i < s->nruns; i++)
			figures_sample(s->runs[i].figures, clock_monotonic_ns());
	}
	TASK_END(t);
}

static const struct task_type sampler_task = { .name = "sampler", .run = sampler_run };

/* With one target: wait so long, or until nothing more can happen. */
static enum step
wait_for(struct task *t, struct session *s, int64_t ns)
{
	TASK_BEGIN(t);
	while (!s->interrupted && !run_is_settled(&s->runs[0])) {
		YIELD(t, ns == LIMIT_NONE ? woken() : elapsed(ns));
		if (t->woke == WAKE_TIMEOUT)
			break;
	}
	TASK_END(t);
}

/* Its whole life, until all is answered. */
static enum step
single_run(struct task *t)
{
	struct session *s = container_of(t, struct session, conductor);
	const struct options *o = s->options;
	struct run *r = &s->runs[0];

	TASK_BEGIN(t);
	if (run_start(r, t) < 0) {
		task_cancel_all(&s->house);
		TASK_RETURN(t);
	}
	if (o->warmup_ns > 0)
		CALL(t, wait_for(t, s, o->warmup_ns));
	run_count(r);
	CALL(t, wait_for(t, s, o->messages > 0 ? LIMIT_NONE : o->duration_ns));
	run_stop(r);
	YIELD(t, joined(&r->readers));
	run_end(r);
	task_cancel_all(&s->house);
	TASK_END(t);
}

static const struct task_type single_task = { .name = "single", .run = single_run };

/* Several targets in turn. */
static enum step
compare_all(struct task *t)
{
	struct session *s = container_of(t, struct session, conductor);

	TASK_BEGIN(t);
	CALL(t, compare(t, &s->compare));
	task_cancel_all(&s->house);
	TASK_END(t);
}

static const struct task_type compare_task = { .name = "compare", .run = compare_all };

/* ---- the session ---- */

/* Names become addresses before the clock runs.  Returns false when one cannot. */
static bool
resolve(struct options *o)
{
	int family = o->source.count > 0 ? o->source.first.sa.sa_family : AF_UNSPEC;

	for (int i = 0; i < o->ntargets; i++) {
		int r = target_resolve(&o->targets[i], family);

		if (r != 0) {
			fprintf(stderr, "echo-stress: %s: %s\n", o->targets[i].text,
			    gai_strerror(r));
			return false;
		}
	}
	return true;
}

static int64_t
sample_interval(const struct options *o)
{
	int64_t ns = (o->warmup_ns + o->duration_ns) / SAMPLES_WANTED;

	if (o->messages > 0 || ns < MILLISECONDS(100))
		return MILLISECONDS(100); /* later it doubles */
	return ns < SECONDS(1) ? ns : SECONDS(1);
}

static int
start_tasks(struct session *s)
{
	const struct task_type *conductor = s->options->compare ? &compare_task
								: &single_task;
	int r = task_start(s->loop, &s->conductor, NULL, conductor, 0);

	if (r == 0)
		r = task_start(s->loop, &s->sampler, &s->house, &sampler_task, 0);
	if (r == 0)
		r = signals_start(&s->signals, s->loop, &s->house, actions, s);
	if (r == 0)
		r = live_start(&s->live, s->loop, &s->house, s->runs, s->nruns);
	return r;
}

/* Returns 0 or -errno. */
static int
prepare(struct session *s, struct options *o)
{
	int r = loop_open(&s->loop, NULL);

	for (int i = 0; i < o->ntargets && r == 0; i++) {
		r = run_init(&s->runs[i], s->loop, o, &o->targets[i]);
		s->nruns++;
	}
	if (r < 0)
		return r;
	s->sample_ns = sample_interval(o);
	s->compare.runs = s->runs;
	s->compare.nruns = s->nruns;
	s->compare.interrupted = &s->interrupted;
	return start_tasks(s);
}

static void
finish(struct session *s)
{
	for (int i = 0; i < s->nruns; i++)
		run_release(&s->runs[i]);
	compare_release(&s->compare);
	loop_close(s->loop);
}

int
session_run(struct options *o)
{
	struct session s = { .options = o };
	struct report_files files;
	int r, status;

	if (report_open(&files, o) < 0)
		return EX_USAGE;
	if (!resolve(o))
		return EX_UNAVAILABLE;
	signals_block(actions); /* only now: both of these may take for ever */
	limits_prepare(o);
	prctl(PR_SET_TIMERSLACK, 1UL); /* sleep to the nanosecond, not to 50 us */

	r = prepare(&s, o);
	if (r == 0)
		r = loop_run(s.loop);
	if (r < 0) {
		fprintf(stderr, "echo-stress: %s\n", strerror(-r));
		return EX_OSERR;
	}
	for (int i = 0; i < s.nruns; i++)
		figures_sample(s.runs[i].figures, clock_monotonic_ns());
	status = report_all(&files, o, s.runs, &s.compare);
	finish(&s);
	return status;
}
