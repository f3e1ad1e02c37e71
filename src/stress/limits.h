/* limits.h - what the system must allow for a run: raised, or told with the remedy. */
#ifndef ECHOD_STRESS_LIMITS_H
#define ECHOD_STRESS_LIMITS_H

#include <stdint.h>

#include "stress/options.h"

/*
 * Raise RLIMIT_NOFILE, and check that there are ephemeral ports enough.  What
 * cannot be had is told on standard error; the run may still be tried.
 */
void limits_prepare(const struct options *options);

/* How many ports all the source addresses have for one target; 0: nobody knows. */
int64_t limits_ports(const struct options *options);

#endif
