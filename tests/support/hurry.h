/*
 * hurry.h - the real backends under a clock that nobody has to wait for: when
 * nothing is ready, it jumps to the end of the wait.
 */
#ifndef ECHOD_TESTS_HURRY_H
#define ECHOD_TESTS_HURRY_H

#include <stdint.h>

#include "loop/loop.h"

/* How many backends this build has, for tcase_add_loop_test(). */
int hurry_backends(void);

/* A loop on one of them, the time being 0. */
struct loop *hurry_loop(int backend);

int64_t hurry_now_ns(void);

/* How often the backend was asked to wait. */
int hurry_waits(void);

#endif
