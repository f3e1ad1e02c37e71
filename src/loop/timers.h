/*
 * timers.h - a heap of deadlines, cheap for those that keep moving later.
 *
 * A 4-ary array heap with the keys cached in its slots.  A timer that moves
 * later, or is disarmed, keeps its slot under the key it had until that key
 * comes up: an idle limit that is renewed a thousand times before it ever
 * comes true costs a store each time, and no heap work.
 */
#ifndef ECHOD_LOOP_TIMERS_H
#define ECHOD_LOOP_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#define TIMER_NEVER INT64_MAX

/* Lives inside its owner, who may read due_ns.  Zero bytes mean: in no heap. */
struct timer {
	int64_t due_ns; /* on the monotonic clock; TIMER_NEVER: disarmed */
	uint32_t slot;	/* place in the heap, from 1; 0: none */
	uint32_t seq;	/* order of entering, for equal keys */
};

struct timer_slot {
	int64_t key_ns; /* never after timer->due_ns */
	struct timer *timer;
};

/* Zero bytes: an empty heap. */
struct timers {
	struct timer_slot *heap; /* heap[1 .. count] */
	uint32_t count, room, seq;
};

/*
 * Make room for n timers in all, so that timers_set() can never fail.  Gives
 * memory back once three quarters of it are unused.  Returns 0 or -ENOMEM.
 */
int timers_reserve(struct timers *h, uint32_t n);

/* Free the heap itself; the timers belong to their owners. */
void timers_release(struct timers *h);

/* Schedule or re-schedule.  O(log n) if sooner than its key, O(1) if later. */
void timers_set(struct timers *h, struct timer *tm, int64_t due_ns);

/* It will not come up.  O(1): its slot stays until its old key comes up. */
void timers_disarm(struct timer *tm);

/* Out of the heap, slot and all: before its owner is freed.  O(log n). */
void timers_clear(struct timers *h, struct timer *tm);

/* When to look again: never after the earliest deadline; TIMER_NEVER if empty. */
int64_t timers_next_ns(const struct timers *h);

/* Will any timer ever come up?  Forgets the slots of those that will not. */
bool timers_any(struct timers *h);

/*
 * Take out one timer whose time has come; NULL when none has.  Equal times come
 * in order of entering the heap; a timer that was moved later enters anew when
 * its old key comes up.
 */
struct timer *timers_due(struct timers *h, int64_t now_ns);

#endif
