#include "echod/watchdog.h"

#include "base/util.h"
#include "echod/notify.h"

static enum step
watchdog_run(struct task *t)
{
	struct watchdog *w = container_of(t, struct watchdog, task);

	TASK_BEGIN(t);
	do {
		notify_alive();
		YIELD(t, elapsed(w->every_ns));
	} while (t->woke != WAKE_CANCEL);
	TASK_END(t);
}

static const struct task_type watchdog_task = { .name = "watchdog",
	.run = watchdog_run };

int
watchdog_start(struct watchdog *w, struct loop *loop, struct task_group *group)
{
	w->every_ns = notify_watchdog_ns() / 2; /* as sd_watchdog_enabled(3) advises */
	if (w->every_ns == 0)
		return 0;
	return task_start(loop, &w->task, group, &watchdog_task, 0);
}
