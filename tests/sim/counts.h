/* counts.h - what was done to the server in all runs, by kind. */
#ifndef ECHOD_TESTS_SIM_COUNTS_H
#define ECHOD_TESTS_SIM_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

enum event {
	/* peers */
	EVENT_CONNECTION,
	EVENT_UNIX_CONNECTION,
	EVENT_PIECE,
	EVENT_HALF_CLOSE,
	EVENT_RESET,
	EVENT_LEAVE,
	EVENT_STOP_TAKING,
	/* network */
	EVENT_CUT_OFF,
	EVENT_DATAGRAM,
	EVENT_DATAGRAM_LOST,
	EVENT_SOCKET_FULL,
	/* host */
	EVENT_SIGNAL,
	EVENT_RELOAD,
	EVENT_RELOAD_WRONG,
	EVENT_RELOAD_FAILED,
	EVENT_STOP,
	EVENT_STOP_AT_ONCE,
	EVENT_NO_DESCRIPTOR,
	EVENT_INHERITED,
	EVENT_FAMILY_MISSING,
	EVENT_RUN_REFUSED,
	EVENT_FILE_IN_THE_WAY,
	EVENT_FILE_TOUCHED,
	/* the server, in answer */
	EVENT_SERVED,
	EVENT_DENIED,
	EVENT_OVER_LIMIT,
	EVENT_PACED,
	EVENT_SHUT_DOWN,
	EVENT_ANSWERED,
	EVENT_RUN,
	EVENTS
};

/* Shared with the parent of the process that runs. */
#define COUNTS_FAULTS 64
struct counts {
	uint64_t faults[COUNTS_FAULTS]; /* faults.h */
	uint64_t events[EVENTS];
	uint64_t turns, simulated_ns;
};

extern struct counts *counts;

void count(enum event event);

/* One number of the table; a new line begins where the group is not the last one's. */
void counts_print(const char *group, const char *name, uint64_t n);

/* All of it, as lines that begin with "# ". */
void counts_report(void);

/* Has every kind of fault and event happened?  Says which has not. */
bool counts_complete(void);

#endif
