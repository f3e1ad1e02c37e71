#include "support/actor.h"

#include <check.h>
#include <stdlib.h>

#include "base/util.h"

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
	ck_assert_int_eq(task_start(loop, &a->task, NULL, &actor_task, 0), 0);
}
