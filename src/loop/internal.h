/* internal.h - what the files of src/loop share and nobody else may see. */
#ifndef ECHOD_LOOP_INTERNAL_H
#define ECHOD_LOOP_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "loop/loop.h"
#include "loop/poller.h"
#include "loop/task.h"
#include "loop/timers.h"

/* Events taken from the backend in one turn. */
#define LOOP_EVENTS 256

enum task_flags {
	TASK_PARKED = 1 << 0,	 /* in a wait */
	TASK_QUEUED = 1 << 1,	 /* in loop->ready, or in the batch being run */
	TASK_CANCELLED = 1 << 2, /* every wait ends at once */
	TASK_FINISHED = 1 << 3,	 /* to be reaped */
	TASK_IDLING = 1 << 4,	 /* parked under its idle limit */
	TASK_JOINING = 1 << 5,	 /* parked in joined() */
};

static inline void
task_clear_flags(struct task *t, unsigned flags)
{
	t->flags &= (uint8_t)~flags;
}

STAILQ_HEAD(task_queue, task);

/* Who waits at a descriptor, and what the backend reports of it. */
struct place {
	struct task *reader, *writer;
	unsigned watched; /* enum io bits */
};

#define SPIN_FEW 4

/* How well it has paid to poll a while before sleeping; see sleep.c. */
struct spin {
	int64_t limit_ns;  /* how long at the most; 0: never */
	int pause;	   /* sleeps to let pass before the next */
	int backoff;	   /* and how many after another that does not pay */
	int met[SPIN_FEW]; /* the last descriptors that had events */
	unsigned next;	   /* of those, the one to be forgotten */
};

struct loop {
	const struct poller_ops *backend;
	struct poller *poller;
	clock_source *clock;
	int64_t now_ns;
	struct spin spin;

	struct task_queue ready, finished;
	struct timers timers;
	struct place *places; /* by descriptor */
	int nplaces;
	int places_held;

	uint32_t tasks; /* not yet reaped */
	LIST_HEAD(, task_group) groups;
	struct task_group strays; /* tasks that belong to no group */

	struct loop_buffer buffer;
	struct poller_event events[LOOP_EVENTS];
	int full_batches; /* of those, in a row */
};

/* ---- sleep.c ---- */

void spin_init(struct spin *s, int64_t limit_ns);

/*
 * Take events into loop->events; if there are none yet, sleep for them until
 * until_ns at the latest.  loop->now_ns is the time as it begins.  Returns their
 * number, or -errno.
 */
int loop_sleep(struct loop *loop, int64_t until_ns);

/* ---- places.c ---- */

/*
 * Let t hold the place of a reader or writer of fd, and no other place.
 * Returns 0, -EBADF, -EBUSY, -ENOMEM, or what the backend says.
 */
int place_take(struct task *t, int fd, enum io want);

/* Let t hold no place.  What the backend watches is narrowed when it next matters. */
void place_leave(struct task *t);

/* Wake who holds the places that the first n of loop->events name. */
void places_wake(struct loop *loop, int n);

/* ---- task.c ---- */

/* What the task finds in t->woke and t->err when it runs next. */
void task_tell(struct task *t, enum wake why, int err);

/* End the wait of a parked task: it runs in the next turn, and is told why. */
void task_resume(struct task *t, enum wake why, int err);

/* Its routine is done: give back all that it holds, and leave it to be reaped. */
void task_finish(struct task *t);

/* Last of all: finished(), then count it out of its group. */
void task_reap(struct task *t);

#endif
