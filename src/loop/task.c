#include "loop/task.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "loop/internal.h"

#define REFUSED_MAX 1000 /* waits of a cancelled task, before it counts as lost */

/* ---- groups ---- */

static void
group_enter(struct task_group *g, struct task *t)
{
	if (g->count++ == 0)
		LIST_INSERT_HEAD(&t->loop->groups, g, others);
	LIST_INSERT_HEAD(&g->tasks, t, siblings);
	t->group = g;
}

static void
group_count_out(struct task_group *g)
{
	if (--g->count > 0)
		return;
	LIST_REMOVE(g, others);
	if (g->joiner != NULL)
		task_resume(g->joiner, WAKE_READY);
}

/* ---- the life of a task ---- */

static void
queue(struct task *t)
{
	t->flags |= TASK_QUEUED;
	STAILQ_INSERT_TAIL(&t->loop->ready, t, next);
}

int
task_start(struct loop *loop, struct task *t, struct task_group *group,
    const struct task_type *type, int64_t idle_ns)
{
	int r = timers_reserve(&loop->timers, loop->tasks + 1);

	if (r < 0)
		return r;
	*t = (struct task){ .loop = loop, .type = type, .idle_ns = idle_ns };
	group_enter(group != NULL ? group : &loop->strays, t);
	loop->tasks++;
	queue(t);
	return 0;
}

void
task_finish(struct task *t)
{
	t->flags |= TASK_FINISHED;
	place_leave(t);
	timers_clear(&t->loop->timers, &t->timer);
	STAILQ_INSERT_TAIL(&t->loop->finished, t, next);
}

void
task_reap(struct task *t)
{
	struct loop *loop = t->loop;
	struct task_group *group = t->group;

	LIST_REMOVE(t, siblings);
	if (t->type->finished != NULL)
		t->type->finished(t); /* t may be gone now */
	group_count_out(group);
	loop->tasks--;
	timers_reserve(&loop->timers, loop->tasks); /* may shrink, cannot fail */
}

void
task_lost(const struct task *t)
{
	char where[128];

	task_where(t, where, sizeof(where));
	fprintf(stderr, "task lost: %s\n", where);
	abort();
}

/* ---- waiting ---- */

/* A wait that is over before it begins: the routine goes straight on. */
static bool
go_on(struct task *t, enum wake why, int err)
{
	t->woke = (uint8_t)why;
	t->err = (int16_t)err;
	return false;
}

/* When a wait with this limit, begun now, is over. */
static int64_t
deadline_of(const struct task *t, int64_t limit_ns)
{
	int64_t from, ns;

	if (limit_ns == LIMIT_NONE || (limit_ns == LIMIT_IDLE && t->idle_ns == 0))
		return TIMER_NEVER;
	if (limit_ns == LIMIT_IDLE) {
		from = t->loop->now_ns; /* silence counts from the last event */
		ns = t->idle_ns;
	} else {
		from = t->loop->clock();
		ns = limit_ns;
	}
	return ns < TIMER_NEVER - from ? from + ns : TIMER_NEVER;
}

static void
set_limit(struct task *t, int64_t limit_ns)
{
	int64_t due_ns = deadline_of(t, limit_ns);

	if (due_ns == TIMER_NEVER)
		timers_disarm(&t->timer);
	else
		timers_set(&t->loop->timers, &t->timer, due_ns);
}

/* Go where the wait is to happen.  Returns 0 or -errno. */
static int
take_position(struct task *t, const struct wait *w)
{
	if (w->want != 0 && t->want == w->want && t->fd == w->fd)
		return 0; /* as on most waits: it never left */
	if (w->want != 0)
		return place_take(t, w->fd, w->want);
	place_leave(t);
	if (w->group == NULL)
		return 0;
	if (w->group->joiner != NULL)
		return -EBUSY;
	w->group->joiner = t;
	t->joining = w->group;
	t->flags |= TASK_JOINING;
	return 0;
}

bool
task_park(struct task *t, struct wait w)
{
	int r;

	if (t->flags & TASK_CANCELLED) {
		if (++t->refused > REFUSED_MAX)
			task_lost(t);
		return go_on(t, WAKE_CANCEL, 0);
	}
	if (w.group != NULL && w.group->count == 0)
		return go_on(t, WAKE_READY, 0);
	r = take_position(t, &w);
	if (r < 0)
		return go_on(t, WAKE_ERROR, -r);
	set_limit(t, w.limit_ns);

	t->err = 0;
	t->flags |= TASK_PARKED;
	if (w.limit_ns == LIMIT_IDLE)
		t->flags |= TASK_IDLING;
	return true;
}

void
task_resume(struct task *t, enum wake why)
{
	assert(t->flags & TASK_PARKED);
	if (t->flags & TASK_JOINING)
		t->joining->joiner = NULL;
	task_clear_flags(t, TASK_PARKED | TASK_JOINING | TASK_IDLING);
	t->woke = (uint8_t)why;
	queue(t);
}

void
task_wake(struct task *t)
{
	if ((t->flags & TASK_PARKED) && !(t->flags & TASK_JOINING) && t->want == 0)
		task_resume(t, WAKE_READY);
}

void
task_group_idle(struct task_group *g, int64_t idle_ns)
{
	struct task *t;

	LIST_FOREACH(t, &g->tasks, siblings) {
		t->idle_ns = idle_ns;
		if (t->flags & TASK_IDLING)
			set_limit(t, LIMIT_IDLE);
	}
}

void
task_expire(struct task *t)
{
	if (t->flags & TASK_PARKED)
		task_resume(t, WAKE_TIMEOUT);
	else if ((t->flags & TASK_QUEUED) && t->woke == WAKE_READY)
		t->woke = WAKE_TIMEOUT;
}

void
task_cancel(struct task *t)
{
	if (t->flags & TASK_FINISHED)
		return;
	t->flags |= TASK_CANCELLED;
	t->err = 0;
	if (t->flags & TASK_PARKED)
		task_resume(t, WAKE_CANCEL);
	else
		t->woke = WAKE_CANCEL;
}

void
task_cancel_all(struct task_group *g)
{
	struct task *t;

	LIST_FOREACH(t, &g->tasks, siblings)
		task_cancel(t);
}

int
task_error(const struct task *t)
{
	switch ((enum wake)t->woke) {
	case WAKE_READY:
		return 0;
	case WAKE_TIMEOUT:
		return ETIME;
	case WAKE_CANCEL:
		return ECANCELED;
	case WAKE_ERROR:
		break;
	}
	return t->err;
}

/* ---- for people ---- */

static const char *
state_of(const struct task *t)
{
	if (t->flags & TASK_FINISHED)
		return "finished";
	if (t->flags & TASK_QUEUED)
		return "ready";
	if (!(t->flags & TASK_PARKED))
		return "running";
	if (t->flags & TASK_JOINING)
		return "joining a group";
	if (t->want == IO_READ)
		return "readable";
	if (t->want == IO_WRITE)
		return "writable";
	return t->timer.due_ns != TIMER_NEVER ? "asleep" : "waiting to be woken";
}

int
task_where(const struct task *t, char *buf, size_t size)
{
	FILE *out = fmemopen(buf, size, "w");
	bool parked = t->flags & TASK_PARKED;

	if (out == NULL) {
		snprintf(buf, size, "%s", t->type->name);
		return -errno;
	}
	fprintf(out, "%s:%u", t->type->name, t->line[0]);
	for (int i = 1; i < TASK_DEPTH && t->line[i] != 0; i++)
		fprintf(out, "<%u", t->line[i]);
	fprintf(out, " %s", state_of(t));
	if (parked && t->want != 0)
		fprintf(out, " fd %d", t->fd);
	if (parked && t->timer.due_ns != TIMER_NEVER)
		fprintf(out, ", %.1f s left",
		    (double)(t->timer.due_ns - t->loop->now_ns) / 1e9);
	fclose(out); /* an error only if the text was cut */
	buf[size - 1] = '\0';
	return 0;
}
