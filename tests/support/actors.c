#include "support/actors.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "base/util.h"
#include "support/fake_clock.h"

static int ended; /* waiters */

void
start(struct loop *loop, struct task *t, struct task_group *group,
    const struct task_type *type, int64_t idle_ns)
{
	if (task_start(loop, t, group, type, idle_ns) < 0)
		ck_abort_msg("task_start");
}

void
run_to_the_end(struct loop *loop)
{
	ck_assert_int_eq(loop_run(loop), 0);
	loop_close(loop);
}

/* ---- waiter ---- */

static enum step
waiter_run(struct task *t)
{
	struct waiter *w = container_of(t, struct waiter, task);

	TASK_BEGIN(t);
	YIELD(t, w->before);
	YIELD(t, w->wait);
	w->ended = true;
	w->woke = t->woke;
	w->err = t->err;
	w->after_ns = fake_clock_peek() - FAKE_CLOCK_START;
	w->order = ended++;
	TASK_END(t);
}

static void
waiter_finished(struct task *t)
{
	container_of(t, struct waiter, task)->finished = true;
}

static const struct task_type waiter_task = { "waiter", waiter_run, waiter_finished };

void
waiter_start(struct waiter *w, struct loop *loop, struct task_group *group,
    struct wait wait, int64_t idle_ns)
{
	static struct task_group nobody;

	waiter_start_twice(w, loop, group, joined(&nobody), wait, idle_ns);
}

void
waiter_start_twice(struct waiter *w, struct loop *loop, struct task_group *group,
    struct wait before, struct wait wait, int64_t idle_ns)
{
	*w = (struct waiter){ .before = before, .wait = wait };
	start(loop, &w->task, group, &waiter_task, idle_ns);
}

void
waiter_check(const struct waiter *w, enum wake woke, int64_t after_ns)
{
	ck_assert(w->ended);
	ck_assert_int_eq(w->woke, woke);
	ck_assert_int_eq(w->after_ns, after_ns);
	ck_assert_int_eq(w->err == 0, woke == WAKE_READY);
	ck_assert_int_eq(w->err == ETIME, woke == WAKE_TIMEOUT);
	ck_assert_int_eq(w->err == ECANCELED, woke == WAKE_CANCEL);
}

/* ---- doer ---- */

static enum step
doer_run(struct task *t)
{
	struct doer *d = container_of(t, struct doer, task);

	TASK_BEGIN(t);
	YIELD(t, elapsed(d->after_ns));
	d->act(d->arg);
	TASK_END(t);
}

static const struct task_type doer_task = { .name = "doer", .run = doer_run };

void
doer_start(struct doer *d, struct loop *loop, int64_t after_ns, void (*act)(void *arg),
    void *arg)
{
	*d = (struct doer){ .after_ns = after_ns, .act = act, .arg = arg };
	start(loop, &d->task, NULL, &doer_task, 0);
}

/* ---- actor ---- */

struct actor {
	struct task task;
	bool (*act)(void);
	int64_t every_ns;
};

static enum step
actor_run(struct task *t)
{
	struct actor *a = container_of(t, struct actor, task);

	TASK_BEGIN(t);
	do
		YIELD(t, elapsed(a->every_ns));
	while (t->woke == WAKE_TIMEOUT && a->act());
	TASK_END(t);
}

static void
actor_finished(struct task *t)
{
	free(container_of(t, struct actor, task));
}

static const struct task_type actor_task = { "actor", actor_run, actor_finished };

void
actor_start(struct loop *loop, int64_t every_ns, bool (*act)(void))
{
	struct actor *a = calloc(1, sizeof(*a));

	ck_assert_ptr_nonnull(a);
	a->act = act;
	a->every_ns = every_ns;
	start(loop, &a->task, NULL, &actor_task, 0);
}
