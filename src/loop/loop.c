#include "loop/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/util.h"
#include "loop/internal.h"

#define BUFFER_SIZE ((size_t)256 * 1024)

/* ---- one turn ---- */

/* Run what was ready when the turn began; what becomes ready now runs in the next. */
static void
run_ready(struct loop *loop)
{
	struct task_queue batch = STAILQ_HEAD_INITIALIZER(batch);
	struct task *t;

	STAILQ_CONCAT(&batch, &loop->ready);
	while ((t = STAILQ_FIRST(&batch)) != NULL) {
		STAILQ_REMOVE_HEAD(&batch, next);
		task_clear_flags(t, TASK_QUEUED);
		if (t->type->run(t) == STEP_DONE)
			task_finish(t);
	}
}

static void
reap_finished(struct loop *loop)
{
	struct task *t;

	while ((t = STAILQ_FIRST(&loop->finished)) != NULL) {
		STAILQ_REMOVE_HEAD(&loop->finished, next);
		task_reap(t);
	}
}

/* Nobody is ready, and neither the kernel nor the clock will ever change that. */
static bool
stalled(struct loop *loop)
{
	return STAILQ_EMPTY(&loop->ready) && loop->places_held == 0 &&
	    !timers_any(&loop->timers);
}

/* How long may it sleep? */
static int64_t
next_deadline(const struct loop *loop)
{
	return STAILQ_EMPTY(&loop->ready) ? timers_next_ns(&loop->timers) : 0;
}

/*
 * Did events end the sleep, and not the time?  If it is late all the same, the process
 * was held up, and there are more events to be heard of before anyone's time is up.  A
 * full batch, too, leaves some for the next; but as none starves, no more batches are
 * needed than there are places.
 */
static bool
more_to_hear(struct loop *loop, int n, bool was_time)
{
	if (n > 0 && !was_time)
		return true;
	if (n == LOOP_EVENTS && loop->full_batches++ < loop->places_held / LOOP_EVENTS)
		return true;
	loop->full_batches = 0;
	return false;
}

static void
wake_for_timers(struct loop *loop)
{
	struct timer *tm;

	while ((tm = timers_due(&loop->timers, loop->now_ns)) != NULL) {
		struct task *t = container_of(tm, struct task, timer);

		if (t->flags & TASK_PARKED) /* else its descriptor was first */
			task_resume(t, WAKE_TIMEOUT, ETIME);
	}
}

/* The whole loop: run the ready, reap the finished, sleep, read the clock, wake. */
static int
turn(struct loop *loop)
{
	int64_t until_ns;
	bool was_time;
	int n;

	run_ready(loop);
	reap_finished(loop);
	if (stalled(loop))
		return -EDEADLK;
	until_ns = next_deadline(loop);
	loop->now_ns = loop->clock();
	was_time = until_ns <= loop->now_ns;
	n = loop_sleep(loop, until_ns);
	loop->now_ns = loop->clock();
	places_wake(loop, n);
	if (!more_to_hear(loop, n, was_time))
		wake_for_timers(loop);
	return n < 0 ? n : 0;
}

int
loop_run(struct loop *loop)
{
	int r = 0;

	loop->now_ns = loop->clock(); /* its owner may have been busy until now */
	while (loop->tasks > 0 && r == 0)
		r = turn(loop);
	return loop->tasks > 0 ? r : 0;
}

/* ---- its life ---- */

int
loop_open(struct loop **ret, const struct loop_options *options)
{
	static const struct loop_options defaults;
	const struct loop_options *o = options != NULL ? options : &defaults;
	struct loop *loop = calloc(1, sizeof(*loop));
	int r;

	if (loop == NULL)
		return -ENOMEM;
	loop->buffer.size = o->buffer_size > 0 ? o->buffer_size : BUFFER_SIZE;
	loop->buffer.data = malloc(loop->buffer.size);
	if (loop->buffer.data == NULL) {
		free(loop);
		return -ENOMEM;
	}
	loop->backend = o->backend != NULL ? o->backend : poller_find("auto");
	r = loop->backend->open(&loop->poller);
	if (r < 0) {
		free(loop->buffer.data);
		free(loop);
		return r;
	}

	STAILQ_INIT(&loop->ready);
	STAILQ_INIT(&loop->finished);
	spin_init(&loop->spin, o->spin_ns);
	loop->clock = o->now_ns != NULL ? o->now_ns : clock_monotonic_ns;
	loop->now_ns = loop->clock();
	*ret = loop;
	return 0;
}

void
loop_close(struct loop *loop)
{
	if (loop == NULL)
		return;
	assert(loop->tasks == 0);
	loop->backend->close(loop->poller);
	timers_release(&loop->timers);
	free(loop->places);
	free(loop->buffer.data);
	free(loop);
}

/* ---- what tasks ask of it ---- */

int64_t
loop_now_ns(const struct loop *loop)
{
	return loop->now_ns;
}

const char *
loop_backend(const struct loop *loop)
{
	return loop->backend->name;
}

struct loop_buffer
loop_buffer(struct loop *loop)
{
	return loop->buffer;
}

void
loop_each_task(const struct loop *loop, void (*visit)(const struct task *t, void *arg),
    void *arg)
{
	const struct task_group *g;
	const struct task *t;

	LIST_FOREACH(g, &loop->groups, others)
		LIST_FOREACH(t, &g->tasks, siblings)
			visit(t, arg);
}
