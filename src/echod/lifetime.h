/*
 * lifetime.h - ends the connections that have lasted as long as they may
 * (limits.max_lifetime).
 *
 * One task looks after all of them, so that the echo task need not know.  It
 * sleeps while no connection has a limit.
 */
#ifndef ECHOD_ECHOD_LIFETIME_H
#define ECHOD_ECHOD_LIFETIME_H

#include <stdint.h>

#include "loop/loop.h"
#include "loop/task.h"

struct lifetime {
	struct task task;
	struct task_group *connections; /* tasks of struct echo */
	int64_t next_ns;		/* when it looks next */
};

/* Returns 0 or -ENOMEM. */
int lifetime_start(struct lifetime *l, struct loop *loop, struct task_group *house,
    struct task_group *connections);

/* A connection has begun that may last so long. */
void lifetime_watch(struct lifetime *l, int64_t lifetime_ns);

#endif
