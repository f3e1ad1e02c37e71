/*
 * watchdog.h - signs of life for the service manager, from a task of the loop:
 * a loop that is stuck gives none, and is restarted.
 */
#ifndef ECHOD_ECHOD_WATCHDOG_H
#define ECHOD_ECHOD_WATCHDOG_H

#include <stdint.h>

#include "loop/loop.h"
#include "loop/task.h"

struct watchdog {
	struct task task;
	int64_t every_ns;
};

/* Does nothing if the service manager wants none.  Returns 0 or -ENOMEM. */
int watchdog_start(struct watchdog *w, struct loop *loop, struct task_group *group);

#endif
