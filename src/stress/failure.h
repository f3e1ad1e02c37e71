/* failure.h - what can go wrong with a connection: counted by kind, the first told in full. */
#ifndef ECHOD_STRESS_FAILURE_H
#define ECHOD_STRESS_FAILURE_H

#include <stdint.h>

#include "base/util.h"

enum failure {
	FAILURE_REFUSED,  /* nobody listens there */
	FAILURE_TIMEOUT,  /* no connection, or no answer, within --timeout */
	FAILURE_RESET,	  /* the server broke the connection off */
	FAILURE_EOF,	  /* the server ended the stream early */
	FAILURE_MISMATCH, /* a byte that is not the right one, or one too many */
	FAILURE_BIND,	  /* no source address or port was to be had */
	FAILURE_OTHER,
	FAILURES
};

const char *failure_name(enum failure kind);

/* The kind of failure that an errno of connect(2), send(2) or recv(2) is. */
enum failure failure_of(int err);

#define FAILURE_TEXT 256

/* Zero bytes: none yet. */
struct failures {
	uint64_t count[FAILURES];
	char first[FAILURES][FAILURE_TEXT];
};

void failures_add(struct failures *f, enum failure kind, const char *format, ...)
    PRINTF_LIKE(3, 4);

uint64_t failures_total(const struct failures *f);

#endif
