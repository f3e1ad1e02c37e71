/*
 * conn.h - one simulated TCP connection: what is under way on it, and where.
 *
 * An echo is the same bytes in the same order, so nothing is stored: the byte at
 * a place of the stream follows from the place, and what is under way are
 * counts of bytes, each of them at most the one before it:
 *
 *	written  by the peer
 *	arrived  in the receive buffer of the server's kernel
 *	read     by the server
 *	echoed   taken over by the server's kernel, to be sent back
 *	acked    arrived in the receive buffer of the peer's kernel
 *	taken    by the peer
 */
#ifndef ECHOD_TESTS_SIM_CONN_H
#define ECHOD_TESTS_SIM_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"

#define CONNS_MAX 100

struct conn {
	int number; /* as the trace has it: #3 */
	int home;   /* homes.h */
	struct addr peer;
	int listener; /* the descriptor in whose backlog it waits; -1 */
	int fd;	      /* the server's; -1 */

	uint64_t written, arrived, read, echoed, acked, taken;
	size_t room_server, room_send, room_peer; /* of the three buffers */

	bool fin, fin_arrived, fin_read; /* of the peer: it sends no more */
	bool shut, shut_arrived;	 /* of the server */
	bool eager;			 /* the peer takes what comes at once */
	bool deaf; /* nothing gets through to the peer or from it */
	bool gone; /* the peer closed its socket: what comes is answered with RST */
	bool cut;  /* an RST destroyed what was under way */
	int error; /* what the server's next call will say, once */
	bool told; /* the server was told of an error */
	int64_t net_ns; /* when the network next moves something */
	int64_t latency_ns;

	/* for the checks */
	uint64_t accepted_turn, closed_turn;
	uint64_t excused_turn; /* in which it may end for want of memory */
	bool served;	       /* accepted, and not at once refused */
	bool denied;
	bool must_refuse, may_refuse;
	bool refused;
	int64_t queued_ns;
	bool closed;		      /* by the server */
	bool reading;		      /* has it been read from, ever? */
	int64_t idle_ns, lifetime_ns; /* as configured when it was accepted; 0: none */
	int64_t bytes_per_second;     /* likewise */
	int64_t accepted_ns;
	int64_t active_ns; /* turn in which a byte last moved */
	int64_t
	    progress_ns; /* moment when the peer last took a byte of a full buffer */
	int64_t shut_ns;
};

extern struct conn conns[CONNS_MAX];
extern int nconns;

void conns_begin(void);

/* A new connection in the backlog of a listener. */
struct conn *conn_new(int home, int listener);

/* Is this what the peer sent from the place `at` on? */
bool conn_matches(const struct conn *c, uint64_t at, const char *bytes, size_t n);

/* What it sent. */
void conn_fill(const struct conn *c, uint64_t at, char *bytes, size_t n);

/* What the server has read and not been able to send. */
uint64_t conn_held(const struct conn *c);

/* Room in the send buffer of the server's kernel. */
size_t conn_room(const struct conn *c);

/* As poll(2) would say: POLLIN, POLLOUT, POLLHUP, POLLERR. */
unsigned conn_ready(const struct conn *c);

/* ---- what happens to it ---- */

/* Something may be to move: let the network come by, in a while. */
void conn_stir(struct conn *c);

/* The network comes by. */
void conn_carry(struct conn *c);

/* An RST arrives at the server. */
void conn_break(struct conn *c, int err);

/* The server closes its end. */
void conn_close(struct conn *c);

#endif
