/*
 * pacer.h - a schedule of messages that does not wait for anybody.
 *
 * Messages fall due at a steady rate, whether or not the server keeps up.  What
 * is due and cannot be sent yet is a debt, to be worked off; only what is older
 * than a limit is given up, and counted.
 */
#ifndef ECHOD_STRESS_PACER_H
#define ECHOD_STRESS_PACER_H

#include <stdbool.h>
#include <stdint.h>

/* The schedule of one of several that share a rate. */
struct pacer {
	int64_t next_ns; /* when the next message is due */

	/* private: the time between two is step_ns + part / rate nanoseconds */
	int64_t step_ns, part, rate, carry;
};

/*
 * `rate` messages a second, dealt in turn to `sharers` schedules of which this
 * is the index-th; the first message of all is due at from_ns.  rate is at
 * least 1; rate and sharers are at most a thousand million.
 */
void pacer_init(struct pacer *p, int64_t from_ns, int64_t rate, int64_t sharers,
    int64_t index);

/* Is a message due?  Then it is taken off the schedule, and *due_ns is its time. */
bool pacer_take(struct pacer *p, int64_t now_ns, int64_t *due_ns);

/* Give up all that was due before this time.  Returns how many. */
uint64_t pacer_give_up(struct pacer *p, int64_t before_ns);

#endif
