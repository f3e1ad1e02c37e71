/* endpoints.h - the addresses the server listens on: those that are configured. */
#ifndef ECHOD_ECHOD_ENDPOINTS_H
#define ECHOD_ECHOD_ENDPOINTS_H

#include <stdint.h>

#include "base/log.h"
#include "echod/config.h"
#include "echod/endpoint.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "net/addr.h"

/* Part of a struct of yours: set loop, udp, accepted, troubles.what; the rest zero. */
struct endpoints {
	struct loop *loop;
	struct echo_udp_service *udp; /* that datagrams are for */

	/* A connection has come; fd is yours now. */
	void (*accepted)(struct endpoints *set, int fd, const struct addr *peer);

	struct task_group tasks; /* one a listening socket; join them at the end */
	struct endpoint_list list;
	struct endpoint_list fresh;   /* opened or inherited, but not yet started */
	struct endpoint_list leaving; /* given up, but their tasks are not yet done */
	struct listener_pace pace;    /* of those for TCP */
	struct sock_stream_options stream; /* of connections to come */
	uint64_t pauses;	  /* times that accept(2) ran out of something */
	struct log_kind troubles; /* those pauses, in the log */
};

/*
 * Listen on what the configuration says, and no longer on anything else.  An
 * address that stays keeps its socket, with the port that the kernel picked for 0,
 * unless that is a UNIX socket whose file is gone.  New addresses are
 * opened before old ones are given up, and if any cannot be had, an error is
 * logged and all stays as it was.  Returns 0 or -errno.
 */
int endpoints_update(struct endpoints *set, const struct config *config);

/*
 * Take over n sockets, the descriptors from first on, that a service manager
 * bound for us.  They stand for `port`, and for the entries of `listen` that
 * name their addresses; endpoints_update() starts those, and first closes what fits
 * neither with a warning.  So is, here, what is of no kind that we serve.  Returns
 * 0, or -ENOMEM with none of them left.
 */
int endpoints_inherit(struct endpoints *set, int first, int n);

/* Write each of them, and what came there, to the log. */
void endpoints_report(const struct endpoints *set);

/* Stop listening; what is in the backlogs is still accepted. */
void endpoints_close(struct endpoints *set);

/* A descriptor has become free: end the pauses of those that had none. */
void endpoints_retry(struct endpoints *set);

#endif
