/*
 * reporter.h - tells, a moment after something changed, what it came to.
 *
 * A server at rest needs no timer: the reporter sleeps until a figure changes,
 * and then a moment more, so that a flood of changes is one report.
 */
#ifndef ECHOD_ECHOD_REPORTER_H
#define ECHOD_ECHOD_REPORTER_H

#include <stdbool.h>

#include "loop/loop.h"
#include "loop/task.h"

struct reporter {
	struct task task;
	void (*report)(void *arg);
	void *arg;
	bool due; /* there is something to tell */
};

/* Call report a moment after each touch.  Returns 0 or -ENOMEM. */
int reporter_start(struct reporter *r, struct loop *loop, struct task_group *group,
    void (*report)(void *arg), void *arg);

/* A figure has changed.  Costs nothing while a report is due anyway. */
static inline void
reporter_touch(struct reporter *r)
{
	if (r->due)
		return;
	r->due = true;
	task_wake(&r->task);
}

#endif
