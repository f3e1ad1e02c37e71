/*
 * client.h - one connection slot: it connects, lets its mode talk over the
 * connection, hangs up, and connects again when the mode or a failure asks for it.
 *
 * Two tasks share its descriptor.  The reader lives the life of the slot, and
 * sends the next message itself when an answer has made room for it; the writer
 * takes over when the socket is full, or when messages go by a schedule.  So
 * neither ever waits for the other.
 */
#ifndef ECHOD_STRESS_CLIENT_H
#define ECHOD_STRESS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/task.h"
#include "stress/dial.h"
#include "stress/pacer.h"

struct datagram;
struct ledger;
struct run;

/* A message in flight. */
struct message {
	int64_t due_ns, sent_ns;
	uint64_t end; /* offset in the stream behind its last byte */
};

struct client {
	struct task reader, writer;
	struct run *run;
	uint32_t number;
	int fd; /* -1 while it has no connection */

	/* The stream of the present connection. */
	uint64_t seed;
	uint64_t issued;   /* bytes of the messages begun */
	uint64_t sent;	   /* bytes the socket has taken */
	uint64_t received; /* bytes that came back, all of them right */
	int64_t read_ns;   /* when the last of them came */
	int send_err;	   /* errno of a send(2) that failed */
	bool fin_sent, eof, failed;

	/* What its mode allows; all zero for a new connection. */
	uint64_t quota;	  /* messages it may still begin */
	size_t read_most; /* bytes to take at once; 0: as many as there are */
	bool fin_after;	  /* send FIN behind the last message, and expect one */
	bool last_word;	  /* begin messages even though the run is stopping */

	/* Messages in flight: a ring, in the order sent, which is that of the answers. */
	struct message *flight;
	uint32_t first, inflight;

	/* Over UDP these keep them: the first of those unsent, or NULL. */
	struct ledger *ledger;
	struct datagram *unsent;

	struct pacer pacer;
	bool writer_rests; /* nothing to do before someone wakes it */
	bool hurry;	   /* its idle limit is over: time its answers exactly */
	bool served;	   /* its first answer has come, or will not */
	bool given_up;
	int refusals;	  /* connects that failed in a row */
	uint64_t streams; /* connections it has had */
	struct dial dial;
};

/* c is all zero.  Returns 0 or -ENOMEM. */
int client_init(struct client *c, struct run *run, uint32_t number);
void client_release(struct client *c);

/* Start its tasks.  Returns 0 or -ENOMEM. */
int client_start(struct client *c);

/* Is it to connect no more? */
bool client_over(const struct client *c);

/* Things have changed: the run has stopped, or goes on after a pause. */
void client_nudge(struct client *c);

#endif
