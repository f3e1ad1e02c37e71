/* session.h - everything between the command line and the exit status. */
#ifndef ECHOD_STRESS_SESSION_H
#define ECHOD_STRESS_SESSION_H

#include <stdbool.h>

#include "loop/loop.h"
#include "loop/signals.h"
#include "loop/task.h"
#include "stress/compare.h"
#include "stress/live.h"
#include "stress/options.h"
#include "stress/run.h"

struct session {
	struct loop *loop;
	const struct options *options;
	struct run runs[OPTIONS_TARGETS];
	int nruns;
	struct compare compare;

	struct task conductor;
	struct task sampler;
	int64_t sample_ns; /* between two samples */
	struct live live;
	struct signals signals;
	struct task_group house; /* tasks that end last */
	bool interrupted;
};

/* Run what the options ask for and report it.  Returns the exit status. */
int session_run(struct options *options);

#endif
