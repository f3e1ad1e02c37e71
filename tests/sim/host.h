/*
 * host.h - what surrounds the server: its configuration file, its service
 * manager, its log, its signals.
 */
#ifndef ECHOD_TESTS_SIM_HOST_H
#define ECHOD_TESTS_SIM_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/terms.h"

#define HOST_SIGNALS_MAX 8

struct host {
	struct terms terms;	      /* in effect */
	struct terms fresh;	      /* to be, if the server takes them */
	bool ready;		      /* it has started */
	int inherited;		      /* sockets, from 3 on */
	int stops;		      /* times it was told to stop, and knows it */
	int64_t stop_ns, stop_now_ns; /* when: the first time, and the second */
	int64_t alive_ns;	      /* its last sign of life */
	int64_t watchdog_ns;	      /* how often there is to be one; 0: never */

	struct {
		int64_t at_ns;
		int number;
	} signals[HOST_SIGNALS_MAX]; /* to come, in order */
	int nsignals, next_signal;
};

extern struct host host;

/* Plan the signals of a run; the last one is TERM. */
void host_begin(void);

/* When the next signal comes; and let it come. */
int64_t host_next_ns(void);
void host_signal(void);

/* Run the server from its start to its end. */
void host_run(void);

#endif
