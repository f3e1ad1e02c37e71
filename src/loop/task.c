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
		task_resume(g->joiner, WAKE_READY, 0);
}

/* ---- the life of a task ---- */

static void
queue(struct task *t)
{
	t->flags |= TASK_QUEUED;
	STAILQ_INSERT_TAIL(&t->loop->ready, t, next);
}

static int64_t
idle_limit(int64_t idle_ns)
{
	return idle_ns > 0 ? idle_ns : LIMIT_NONE;
}

int
task_start(struct loop *loop, struct task *t, struct task_group *group,
    const struct task_type *type, int64_t idle_ns)
{
	int r = timers_reserve(&loop->timers, loop->tasks + 1);

	if (r < 0)
		return r;
	*t = (struct task){ .loop = loop, .type = type };
	t->idle_ns = idle_limit(idle_ns);
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

void
task_tell(struct task *t, enum wake why, int err)
{
	t->woke = (uint8_t)why;
	t->err = (int16_t)err;
}

/* A wait that is over before it begins: the routine goes straight on. */
static bool
go_on(struct task *t, enum wake why, int err)
{
	task_tell(t, why, err);
	return false;
}

/* Let its timer come up when a wait of so long is over; LIMIT_NONE: never. */
static inline void
set_timer(struct task *t, int64_t from_ns, int64_t limit_ns)
{
	int64_t due_ns;

	if (limit_ns == LIMIT_NONE ||
	    __builtin_add_overflow(from_ns, limit_ns, &due_ns))
		timers_disarm(&t->timer);
	else
		timers_set(&t->loop->timers, &t->timer, due_ns);
}

/* Silence counts from the last event, another limit from now. */
static inline void
set_limit(struct task *t, int64_t limit_ns)
{
	if (limit_ns == LIMIT_IDLE)
		set_timer(t, t->loop->now_ns, t->idle_ns);
	else
		set_timer(t, t->loop->clock(), limit_ns);
}

/* A cancelled task waits no more; one that keeps trying is lost. */
static bool
refused(struct task *t)
{
	if (!(t->flags & TASK_CANCELLED))
		return false;
	if (++t->refused > REFUSED_MAX)
		task_lost(t);
	return true;
}

bool
task_wait(struct task *t, int fd, enum io want, int64_t limit_ns)
{
	int r = 0;

	if (refused(t))
		return go_on(t, WAKE_CANCEL, ECANCELED);
	if (want == 0)
		place_leave(t);
	else if (t->want != want || t->fd != fd) /* on most waits it never left */
		r = place_take(t, fd, want);
	if (r < 0)
		return go_on(t, WAKE_ERROR, -r);
	set_limit(t, limit_ns);
	t->flags |= limit_ns == LIMIT_IDLE ? TASK_PARKED | TASK_IDLING : TASK_PARKED;
	return true;
}

bool
task_join(struct task *t, struct task_group *group, int64_t limit_ns)
{
	if (refused(t))
		return go_on(t, WAKE_CANCEL, ECANCELED);
	if (group->count == 0)
		return go_on(t, WAKE_READY, 0);
	place_leave(t);
	if (group->joiner != NULL)
		return go_on(t, WAKE_ERROR, EBUSY);
	group->joiner = t;
	t->joining = group;
	set_limit(t, limit_ns);
	t->flags |= TASK_PARKED | TASK_JOINING;
	return true;
}

void
task_resume(struct task *t, enum wake why, int err)
{
	assert(t->flags & TASK_PARKED);
	if (t->flags & TASK_JOINING)
		t->joining->joiner = NULL;
	task_clear_flags(t, TASK_PARKED | TASK_JOINING | TASK_IDLING);
	task_tell(t, why, err);
	queue(t);
}

void
task_wake(struct task *t)
{
	if ((t->flags & TASK_PARKED) && !(t->flags & TASK_JOINING) && t->want == 0)
		task_resume(t, WAKE_READY, 0);
}

void
task_group_idle(struct task_group *g, int64_t idle_ns)
{
	struct task *t;

	LIST_FOREACH(t, &g->tasks, siblings) {
		t->idle_ns = idle_limit(idle_ns);
		if (t->flags & TASK_IDLING)
			set_limit(t, LIMIT_IDLE);
	}
}

void
task_expire(struct task *t)
{
	if (t->flags & TASK_PARKED)
		task_resume(t, WAKE_TIMEOUT, ETIME);
	else if ((t->flags & TASK_QUEUED) && t->woke == WAKE_READY)
		task_tell(t, WAKE_TIMEOUT, ETIME);
}

void
task_cancel(struct task *t)
{
	if (t->flags & TASK_FINISHED)
		return;
	t->flags |= TASK_CANCELLED;
	if (t->flags & TASK_PARKED)
		task_resume(t, WAKE_CANCEL, ECANCELED);
	else
		task_tell(t, WAKE_CANCEL, ECANCELED);
}

void
task_cancel_all(struct task_group *g)
{
	struct task *t;

	LIST_FOREACH(t, &g->tasks, siblings)
		task_cancel(t);
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
