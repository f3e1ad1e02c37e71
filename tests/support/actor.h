/* actor.h - a task that does something every so often: the peer in a test. */
#ifndef ECHOD_TESTS_ACTOR_H
#define ECHOD_TESTS_ACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/loop.h"

/* Call act every_ns from now, and again and again until it returns false. */
void actor_start(struct loop *loop, int64_t every_ns, bool (*act)(void));

#endif
