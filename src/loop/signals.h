/* signals.h - the signals a program understands, as a task of its loop. */
#ifndef ECHOD_LOOP_SIGNALS_H
#define ECHOD_LOOP_SIGNALS_H

#include "loop/loop.h"
#include "loop/task.h"

/* What a signal makes the program do. */
struct signal_action {
	int number; /* 0 ends a table of these */
	void (*act)(void *arg);
};

struct signals {
	struct task task;
	const struct signal_action *actions;
	void *arg;
	int fd; /* signalfd(2) */
};

/*
 * From now on the signals of the table wait for signals_start(), and PIPE and
 * XFSZ are ignored.
 */
void signals_block(const struct signal_action *actions);

/* Act on them, with arg.  Returns 0 or -errno. */
int signals_start(struct signals *sig, struct loop *loop, struct task_group *group,
    const struct signal_action *actions, void *arg);

#endif
