#include "echod/lifetime.h"

#include <stdint.h>

#include "base/util.h"
#include "echod/echo_tcp.h"

/* How late it may look: a thousand ends at a thousand moments are ten looks a second. */
#define GRAIN_NS MILLISECONDS(100)

/* What an expired one gets to say goodbye, before it is cut off. */
#define FAREWELL_NS SECONDS(2)

#define NEVER	    INT64_MAX

/* See to one connection.  Returns when to look at it again. */
static int64_t
look_at(struct echo *e, int64_t now_ns)
{
	int64_t end_ns = e->began_ns + e->terms->max_lifetime_ns;

	if (e->terms->max_lifetime_ns == 0)
		return NEVER;
	if (now_ns < end_ns)
		return end_ns;
	if (!e->expired) {
		e->expired = true;
		task_expire(&e->task);
	}
	if (now_ns < end_ns + FAREWELL_NS)
		return end_ns + FAREWELL_NS;
	task_cancel(&e->task);
	return NEVER;
}

static int64_t
look_at_all(struct lifetime *l)
{
	int64_t now_ns = loop_now_ns(l->task.loop), next_ns = NEVER;
	struct task *t;

	LIST_FOREACH(t, &l->connections->tasks, siblings) {
		int64_t again_ns = look_at(container_of(t, struct echo, task), now_ns);

		if (again_ns < next_ns)
			next_ns = again_ns;
	}
	return next_ns;
}

/* Until the next one ends; with none to watch, until there is one. */
static struct wait
until(struct lifetime *l, int64_t next_ns)
{
	int64_t ns = next_ns - loop_now_ns(l->task.loop);

	l->next_ns = next_ns;
	return next_ns != NEVER ? elapsed(ns > GRAIN_NS ? ns : GRAIN_NS) : woken();
}

static enum step
lifetime_run(struct task *t)
{
	struct lifetime *l = container_of(t, struct lifetime, task);

	TASK_BEGIN(t);
	while (t->woke != WAKE_CANCEL)
		YIELD(t, until(l, look_at_all(l)));
	TASK_END(t);
}

static const struct task_type lifetime_task = { .name = "lifetime",
	.run = lifetime_run };

int
lifetime_start(struct lifetime *l, struct loop *loop, struct task_group *house,
    struct task_group *connections)
{
	l->connections = connections;
	l->next_ns = 0; /* it looks when it begins */
	return task_start(loop, &l->task, house, &lifetime_task, 0);
}

void
lifetime_watch(struct lifetime *l, int64_t lifetime_ns)
{
	if (loop_now_ns(l->task.loop) + lifetime_ns < l->next_ns)
		task_wake(&l->task);
}
