/* echo_tcp.h - the echo service itself, for one TCP connection (RFC 862). */
#ifndef ECHOD_ECHOD_ECHO_TCP_H
#define ECHOD_ECHOD_ECHO_TCP_H

#include "echod/stats.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "net/addr.h"
#include "net/io.h"

struct echo;

/* What the owner of a connection is told. */
struct echo_type {
	/* So many bytes were sent back. */
	void (*echoed)(struct echo *e, size_t bytes);

	/* The descriptor is closed and all is over; e is freed afterwards. */
	void (*finished)(struct echo *e);
};

/* One connection.  An idle one is this struct and nothing else. */
struct echo {
	struct task task;
	int fd;
	int err; /* why it ends; see echo_reason() */
	struct addr peer;
	int64_t began_ns;
	int64_t stall_ns; /* how long a peer may take nothing; 0: for ever */
	uint64_t echoed;  /* bytes sent back */
	const struct echo_type *type;
	void *owner;
	union { /* one at a time */
		struct io_send out;
		struct io_linger bye;
	};
};

/*
 * Serve a connection of which e (from malloc(3), zeroed, yours to fill) says
 * fd, peer, type and owner.  idle_ns: how long it may be silent, 0: for
 * ever.  Returns 0, or -ENOMEM with e and fd still the caller's.
 */
int echo_start(struct loop *loop, struct echo *e, struct task_group *group,
    int64_t idle_ns);

/* Why it ended. */
enum reason echo_reason(const struct echo *e);

#endif
