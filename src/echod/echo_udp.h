/* echo_udp.h - the echo service itself, for datagrams (RFC 862). */
#ifndef ECHOD_ECHOD_ECHO_UDP_H
#define ECHOD_ECHOD_ECHO_UDP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "echod/config.h"
#include "echod/reporter.h"
#include "echod/udp_guard.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "net/udp.h"

/* What the datagram sockets of a server have in common. */
struct echo_udp_service {
	struct udp_guard guard;
	uint64_t received, bytes;	 /* bytes: of those found worth an answer */
	uint64_t verdicts[UDP_VERDICTS]; /* what became of them */
	struct log_kind drops;
	struct reporter *reporter; /* told of each change */
};

/* Returns 0 or -errno; close it in either case. */
int echo_udp_service_open(struct echo_udp_service *s, struct reporter *reporter);
void echo_udp_service_close(struct echo_udp_service *s);

/* Judge as *config says from now on; it must live as long. */
void echo_udp_service_configure(struct echo_udp_service *s,
    const struct config *config);

/* Write what became of all datagrams to the log, if there were any. */
void echo_udp_service_report(const struct echo_udp_service *s);

/* One socket. */
struct echo_udp {
	struct task task;
	struct echo_udp_service *service;
	int fd;
	bool inherited; /* others receive from it too: leave them what has come */
	uint64_t received, answered;

	/* Last of all: the socket is closed; may free u. */
	void (*finished)(struct echo_udp *u);

	/* private */
	struct udp_batch *batch;
};

/*
 * Answer what comes until cancelled; then what has come (unless inherited), and
 * close.  Set service, fd, inherited and finished first; fd belongs to the task
 * from then on.  Returns 0, or -errno with fd still the caller's.
 */
int echo_udp_start(struct loop *loop, struct echo_udp *u, struct task_group *group);

#endif
