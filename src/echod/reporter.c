#include "echod/reporter.h"

#include "base/util.h"

#define MOMENT_NS SECONDS(1)

static enum step
reporter_run(struct task *t)
{
	struct reporter *r = container_of(t, struct reporter, task);

	TASK_BEGIN(t);
	while (t->woke != WAKE_CANCEL) {
		if (!r->due) {
			YIELD(t, woken());
			continue;
		}
		YIELD(t, elapsed(MOMENT_NS));
		r->due = false;
		r->report(r->arg);
	}
	TASK_END(t);
}

static const struct task_type reporter_task = { .name = "reporter",
	.run = reporter_run };

int
reporter_start(struct reporter *r, struct loop *loop, struct task_group *group,
    void (*report)(void *arg), void *arg)
{
	r->report = report;
	r->arg = arg;
	r->due = false;
	return task_start(loop, &r->task, group, &reporter_task, 0);
}
