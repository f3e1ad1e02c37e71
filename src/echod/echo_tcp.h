/* echo_tcp.h - the echo service itself, for one connection (RFC 862). */
#ifndef ECHOD_ECHOD_ECHO_TCP_H
#define ECHOD_ECHOD_ECHO_TCP_H

#include <stdbool.h>

#include "echod/stats.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "net/addr.h"
#include "net/io.h"

struct echo;

/* How connections are served.  Those that began under one configuration share it. */
struct echo_terms {
	int64_t idle_ns;	  /* how long one may be silent; 0: for ever */
	int64_t max_lifetime_ns;  /* how long one may last; 0: for ever; lifetime.h */
	int64_t bytes_per_second; /* how much of one is read; 0: no limit */

	/* So many bytes were sent back. */
	void (*echoed)(struct echo *e, size_t bytes);

	/* The descriptor is closed and all is over; e is freed afterwards. */
	void (*finished)(struct echo *e);

	void *owner;
	uint32_t users; /* connections, and you */
};

/* You are a user of them no longer; the last one frees them.  NULL is fine. */
void echo_terms_leave(struct echo_terms *terms);

/* One connection.  An idle one is this struct and nothing else. */
struct echo {
	struct task task;
	int fd;
	int err; /* why it ends; see echo_reason() */
	struct addr peer;
	bool expired; /* its lifetime is over: lifetime.h */
	struct echo_terms *terms;
	int64_t began_ns;
	int64_t next_ns; /* with bytes_per_second: when the next read is due */
	uint64_t echoed; /* bytes sent back */
	union {		 /* one at a time */
		struct io_send out;
		struct io_linger bye;
	};
};

/*
 * Serve a connection of which e (from malloc(3), zeroed, yours to fill) says
 * fd, peer and terms (from malloc(3)), which it then uses.  Returns 0, or
 * -ENOMEM with e and fd still the caller's.
 */
int echo_start(struct loop *loop, struct echo *e, struct task_group *group);

/* Why it ended. */
enum reason echo_reason(const struct echo *e);

#endif
