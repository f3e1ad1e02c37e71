/* modes.h - what a client does with its connections. */
#ifndef ECHOD_STRESS_MODES_H
#define ECHOD_STRESS_MODES_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/task.h"

struct client;

struct mode {
	const char *name;

	/* What to do with a connection that has just been made.  A routine for CALL(). */
	enum step (*talk)(struct task *t, struct client *c);

	bool rounds;	    /* it makes a new connection each time */
	bool patient;	    /* an answer may take its time while bytes come */
	bool compares;	    /* --compare can use it, */
	bool paces;	    /* --rate can, */
	bool counts;	    /* --messages can */
	int receive_buffer; /* bytes; 0: the kernel's choice */
	int64_t least;	    /* connections */

	/* Where the command line does not say. */
	int64_t size, pipeline;
};

/* By its name; NULL if there is none. */
const struct mode *mode_find(const char *name);

#endif
