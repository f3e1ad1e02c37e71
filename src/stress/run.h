/* run.h - the load on one target: its clients, from the first connect to the last close. */
#ifndef ECHOD_STRESS_RUN_H
#define ECHOD_STRESS_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "stress/client.h"
#include "stress/failure.h"
#include "stress/figures.h"
#include "stress/modes.h"
#include "stress/options.h"
#include "stress/target.h"

struct run {
	struct loop *loop;
	const struct options *options;
	const struct mode *mode;
	struct target *target;
	struct figures *figures;
	struct task *conductor; /* of this run: woken when it is settled */

	struct client *clients;
	uint32_t nclients;
	struct task_group readers, writers;
	struct task starter;

	/* How the clients stand. */
	uint32_t started;  /* their tasks run, or ran */
	uint32_t starting; /* of those, still without an answer */
	uint32_t living;   /* of those, not done */
	uint32_t open;	   /* connections */
	bool connected;	   /* there has been one; over UDP, an answer */
	uint32_t inflight; /* messages, over all connections */

	uint64_t budget;  /* messages that may still begin, but for the warm-up's */
	bool gathering;	  /* one message each, until all clients have started */
	bool holding;	  /* begin nothing for now */
	bool stopping;	  /* begin nothing any more */
	bool interrupted; /* by ^C */
	int64_t began_ns, stopped_ns;
	int64_t
	    began_cpu_ns; /* time of a processor that the process had used by then */
	int64_t until_ns; /* what is due from then on is no more part of it */
};

/*
 * Prepare; nothing runs yet.  Returns 0 or -ENOMEM; release it in either case,
 * when the loop has run out.
 */
int run_init(struct run *r, struct loop *loop, const struct options *options,
    struct target *target);
void run_release(struct run *r);

/*
 * Start the clients, spread over --ramp.  While r->holding they connect, but
 * begin no message.  Returns 0 or -ENOMEM.
 */
int run_start(struct run *r, struct task *conductor);

/* The warm-up is over: count from here on. */
void run_count(struct run *r);

/* Begin nothing for now; the conductor is woken when nothing is in flight. */
void run_hold(struct run *r);
void run_go_on(struct run *r);

/*
 * Begin nothing more.  The readers end when all is answered; then run_end()
 * ends the writers.
 */
void run_stop(struct run *r);
void run_end(struct run *r);

/* End everything now. */
void run_cancel(struct run *r);

/* Nothing can happen any more before someone stops it. */
bool run_is_settled(const struct run *r);

/* How long the measured part took. */
double run_seconds(const struct run *r);

/* How much of one processor this process has used since the run began. */
double run_cpu_share(const struct run *r);

/* ---- for its clients ---- */

void run_connected(struct run *r, int64_t took_ns);

/* A connection is gone, and with it so many messages in flight. */
void run_disconnected(struct run *r, uint32_t inflight);

/* The same, on purpose. */
void run_aborted(struct run *r, uint32_t inflight);

/* The client has had its first answer, or won't have one: another one may start. */
void run_client_served(struct run *r, struct client *c);
void run_client_gone(struct run *r);

/* Let the conductor look: it may be run_is_settled() now. */
void run_settled(struct run *r);

void run_fail(struct run *r, enum failure kind, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
