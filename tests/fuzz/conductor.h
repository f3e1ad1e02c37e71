/*
 * conductor.h - a run of echo-stress, from its first connect to its last close, on the
 * fake clock and a poller of the caller's.
 *
 * The linker puts it in the place of figures_new() and the clock.
 */
#ifndef ECHOD_TESTS_FUZZ_CONDUCTOR_H
#define ECHOD_TESTS_FUZZ_CONDUCTOR_H

#include "fuzz/fuzz.h"
#include "loop/loop.h"
#include "stress/run.h"

struct conductor {
	struct task task;
	struct loop *loop;
	struct run run;
};

/* The fake clock begins anew; afterwards the run is there to be looked at. */
void conductor_run(struct conductor *c, const struct options *options,
    struct target *target, const struct poller_ops *backend);
void conductor_release(struct conductor *c);

#endif
