/* live.h - one line on the terminal that tells how the run goes. */
#ifndef ECHOD_STRESS_LIVE_H
#define ECHOD_STRESS_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/task.h"

struct run;

struct live {
	struct task task;
	struct run *runs;
	int nruns;
	int64_t began_ns;

	/* As of the last line. */
	int64_t told_ns;
	uint64_t told_messages;
};

/*
 * Does nothing when standard error is no terminal, on --quiet, or on --verbose, whose
 * lines it would stand in the way of.  Returns 0 or -ENOMEM.
 */
int live_start(struct live *l, struct loop *loop, struct task_group *group,
    struct run *runs, int nruns);

#endif
