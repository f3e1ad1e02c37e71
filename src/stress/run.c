#include "stress/run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "stress/datagrams.h"
#include "stress/push.h"

#define STARTING_MAX 128 /* clients at once, or the server's backlog overflows */

/* ---- starting ---- */

/* When is the next client to start? */
static int64_t
start_time_ns(const struct run *r)
{
	return r->began_ns +
	    (int64_t)((double)r->options->ramp_ns * r->started / r->nclients);
}

static void
nudge_all(struct run *r)
{
	for (uint32_t i = 0; i < r->started; i++)
		client_nudge(&r->clients[i]);
}

static enum step
starter_run(struct task *t)
{
	struct run *r = container_of(t, struct run, starter);

	TASK_BEGIN(t);
	while (r->started < r->nclients && !r->stopping) {
		if (r->starting >= STARTING_MAX) {
			YIELD(t, woken());
			continue;
		}
		if (start_time_ns(r) > loop_now_ns(t->loop)) {
			YIELD(t, elapsed(start_time_ns(r) - clock_monotonic_ns()));
			continue;
		}
		if (client_start(&r->clients[r->started]) < 0) {
			run_fail(r, FAILURE_OTHER, "connection %u: out of memory",
			    r->started);
			break;
		}
		r->started++;
		r->starting++;
		r->living++;
	}
	r->gathering = false;
	nudge_all(r);
	run_settled(r);
	TASK_END(t);
}

static const struct task_type starter_task = { .name = "starter", .run = starter_run };

int
run_init(struct run *r, struct loop *loop, const struct options *options,
    struct target *target)
{
	uint32_t n = (uint32_t)options->connections;
	int err = 0;

	*r = (struct run){
		.loop = loop,
		.options = options,
		.mode = target->udp ? &datagrams_mode : options->mode,
		.target = target,
		.nclients = n,
		.budget = options->messages > 0 ? (uint64_t)options->messages
						: UINT64_MAX,
	};
	r->figures = figures_new();
	r->clients = calloc(n, sizeof(*r->clients));
	if (r->figures == NULL || r->clients == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n && err == 0; i++)
		err = client_init(&r->clients[i], r, i);
	return err;
}

void
run_release(struct run *r)
{
	for (uint32_t i = 0; r->clients != NULL && i < r->nclients; i++)
		client_release(&r->clients[i]);
	free(r->clients);
	free(r->figures);
}

/* The time of a processor that this process has used. */
static int64_t
cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return SECONDS(ts.tv_sec) + ts.tv_nsec;
}

int
run_start(struct run *r, struct task *conductor)
{
	r->conductor = conductor;
	/* Those who are there already would be in the way of those who connect. */
	r->gathering = r->options->ramp_ns == 0 && r->options->rate == 0;
	r->began_ns = clock_monotonic_ns();
	r->began_cpu_ns = cpu_ns();
	r->until_ns = r->options->messages > 0
	    ? INT64_MAX
	    : r->began_ns + r->options->warmup_ns + r->options->duration_ns;
	r->figures->began_ns = r->began_ns;
	r->figures->from_ns = r->began_ns + r->options->warmup_ns;
	r->figures->last_ns = r->began_ns;
	r->figures->scheduled = r->options->rate > 0;
	return task_start(r->loop, &r->starter, NULL, &starter_task, 0);
}

/* ---- steering ---- */

void
run_count(struct run *r)
{
	struct figures *f = r->figures;

	f->bytes_sent = f->bytes_received = 0;
	if (!r->mode->rounds)
		return; /* all connects are in the warm-up */
	f->connects = 0;
	histogram_clear(&f->connect);
}

void
run_hold(struct run *r)
{
	r->holding = true;
}

void
run_go_on(struct run *r)
{
	r->holding = false;
	nudge_all(r);
}

/* What was due by now and has not been sent, in the time there was, is late. */
static void
count_late(struct run *r)
{
	int64_t end_ns = r->stopped_ns < r->until_ns ? r->stopped_ns : r->until_ns;

	if (r->options->rate == 0 || r->budget == 0)
		return;
	for (uint32_t i = 0; i < r->started; i++)
		push_give_up(&r->clients[i], end_ns);
}

void
run_stop(struct run *r)
{
	if (r->stopping)
		return;
	r->stopping = true;
	r->holding = false;
	r->stopped_ns = clock_monotonic_ns();
	count_late(r);
	task_group_idle(&r->readers, 1); /* to look up from their reading */
	task_wake(&r->starter);
	nudge_all(r);
}

void
run_end(struct run *r)
{
	task_cancel_all(&r->writers);
	task_cancel(&r->starter);
}

void
run_cancel(struct run *r)
{
	run_stop(r);
	task_cancel_all(&r->readers);
}

bool
run_is_settled(const struct run *r)
{
	if (r->living == 0 && (r->started == r->nclients || r->stopping))
		return true;
	return r->inflight == 0 && (r->holding || r->budget == 0);
}

double
run_seconds(const struct run *r)
{
	const struct figures *f = r->figures;
	int64_t end_ns = r->stopped_ns;

	if (end_ns < f->last_ns)
		end_ns = f->last_ns; /* what was in flight when its time was over */
	return end_ns > f->from_ns ? (double)(end_ns - f->from_ns) / 1e9 : 0;
}

double
run_cpu_share(const struct run *r)
{
	return (double)(cpu_ns() - r->began_cpu_ns) /
	    (double)(clock_monotonic_ns() - r->began_ns);
}

/* ---- for its clients ---- */

void
run_settled(struct run *r)
{
	if (run_is_settled(r))
		task_wake(r->conductor);
}

void
run_connected(struct run *r, int64_t took_ns)
{
	r->open++;
	if (!r->target->udp)
		r->connected = true; /* else the first answer tells */
	r->figures->connects++;
	histogram_record(&r->figures->connect, took_ns);
}

void
run_disconnected(struct run *r, uint32_t inflight)
{
	r->open--;
	r->inflight -= inflight;
	r->figures->unanswered += inflight;
	run_settled(r);
}

void
run_aborted(struct run *r, uint32_t inflight)
{
	r->inflight -= inflight;
	r->figures->aborted += inflight;
}

void
run_client_served(struct run *r, struct client *c)
{
	c->served = true;
	r->starting--;
	task_wake(&r->starter);
}

void
run_client_gone(struct run *r)
{
	r->living--;
	run_settled(r);
}

void
run_fail(struct run *r, enum failure kind, const char *format, ...)
{
	char text[FAILURE_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	failures_add(&r->figures->failures, kind, "%s", text);
	if (r->options->verbose)
		fprintf(stderr, "echo-stress: %s: %s: %s\n", r->target->text,
		    failure_name(kind), text);
}
