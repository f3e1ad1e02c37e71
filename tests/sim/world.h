/*
 * world.h - the simulated time, and what is told of a run.
 *
 * The clock moves only when the server sleeps or looks at it, so a run of many
 * seconds takes a millisecond, and takes the same course each time.
 */
#ifndef ECHOD_TESTS_SIM_WORLD_H
#define ECHOD_TESTS_SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/util.h"

#define NEVER INT64_MAX

struct world {
	uint64_t seed;
	bool tracing;
	int64_t began_ns, now_ns;
	int64_t turn_ns;       /* when the server last came back from waiting */
	uint64_t turn;	       /* how often it has */
	uint64_t moves;	       /* things that went forward: bytes, connections, peers */
	uint64_t moves_before; /* this turn */
	int barren;	       /* turns on end in which nothing did */
	uint64_t lapses;       /* sleeps that ended because their time was up */
};

extern struct world world;

/* Begin anew. */
void world_begin(uint64_t seed, bool tracing);

void world_advance(int64_t ns);

/* The server has ended: let everything happen that is still to happen. */
void world_settle(void);

/* A line of the trace, with the time; nothing when there is none. */
#define trace(...)                                                                     \
	do {                                                                           \
		if (world.tracing)                                                     \
			world_tell(__VA_ARGS__);                                       \
	} while (0)

void world_tell(const char *format, ...) PRINTF_LIKE(1, 2);

/* The server did what it must not: say so with the seed, and end the process. */
_Noreturn void world_fail(const char *format, ...) PRINTF_LIKE(1, 2);

#define require(condition, ...)                                                        \
	do {                                                                           \
		if (!(condition))                                                      \
			world_fail(__VA_ARGS__);                                       \
	} while (0)

#endif
