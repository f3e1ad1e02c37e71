/*
 * ledger.h - the datagrams of a connection: which are in flight, which are lost,
 * and so what an answer is.
 *
 * They may come back in any order, or not, or twice.  Those in flight stand in the
 * order sent, where an answer is looked for from the oldest on.  Of those given up
 * the last ones are remembered, to tell a late answer from a second one.
 */
#ifndef ECHOD_STRESS_LEDGER_H
#define ECHOD_STRESS_LEDGER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#define LEDGER_LOST 1024 /* so many of those lost are remembered */

struct datagram {
	uint64_t number; /* from 0, in the order sent */
	int64_t due_ns, sent_ns;
	uint32_t size;
	TAILQ_ENTRY(datagram) others;
};

TAILQ_HEAD(datagram_list, datagram);

struct ledger {
	uint64_t next;			/* number of the next datagram */
	struct datagram_list in_flight; /* oldest first */
	double jitter_ns;		/* RFC 3550, 6.4.1 */

	/* private */
	struct datagram *all;
	struct datagram_list spare;
	uint32_t room;
	uint64_t beyond;    /* the highest number that has come back, plus 1 */
	uint64_t forgotten; /* the highest lost number not remembered, plus 1 */
	uint64_t *lost;	    /* a ring */
	uint32_t lost_first, lost_count;
	int64_t transit_ns; /* of the last answer; -1: none yet */
};

/* For so many in flight.  Returns 0 or -ENOMEM; release it in either case. */
int ledger_init(struct ledger *l, uint32_t room);
void ledger_release(struct ledger *l);

/* A new connection: nothing has been sent. */
void ledger_clear(struct ledger *l);

/* Enter the next datagram; at most `room` may be in flight. */
struct datagram *ledger_enter(struct ledger *l, int64_t due_ns, uint32_t size);

/*
 * The oldest in flight whose number has these last bits; NULL if there is none.
 * mask: those bits, all of them unless the number was cut.
 */
struct datagram *ledger_find(struct ledger *l, uint64_t number, uint64_t mask);

/* It came back, in good order.  Returns whether a later one came before it. */
bool ledger_answer(struct ledger *l, struct datagram *d, int64_t now_ns);

/* It came back spoilt. */
void ledger_strike(struct ledger *l, struct datagram *d);

/* It is given up. */
void ledger_lose(struct ledger *l, struct datagram *d);

/*
 * No datagram in flight has this number.  Is it the first answer to one that was
 * lost?  If not, it has been answered before.
 */
bool ledger_take_lost(struct ledger *l, uint64_t number, uint64_t mask);

#endif
