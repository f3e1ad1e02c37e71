/*
 * task.h - a task is a C function that stops in the middle to wait.
 *
 * It reads top to bottom like a blocking program.  At a YIELD it goes back to
 * the loop, and is called again, at that same line, when what it waits for has
 * happened.  It keeps no stack in between: WHAT MUST OUTLIVE A YIELD LIVES IN
 * THE STRUCT AROUND THE TASK; A LOCAL VARIABLE DOES NOT.
 *
 * Such functions are called protothreads (Dunkels et al., SenSys 2006); the
 * resume is a `switch` that jumps into the middle of the function, as in
 * Duff's device.
 */
#ifndef ECHOD_LOOP_TASK_H
#define ECHOD_LOOP_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "loop/poller.h"
#include "loop/timers.h"

struct loop;
struct task;
struct task_group;

/* What one call of a routine came to. */
enum step { STEP_PARKED, STEP_DONE };

/* Why a task runs again after a YIELD. */
enum wake {
	WAKE_READY,   /* what it waited for has happened */
	WAKE_TIMEOUT, /* the time limit of the wait came first: ETIME */
	WAKE_CANCEL,  /* task_cancel(): tidy up, then finish: ECANCELED */
	WAKE_ERROR,   /* it could not be waited for: EBUSY and others */
};

/* ---- what a task can wait for: plain values, built by these functions ---- */

#define LIMIT_IDLE INT64_C(-1) /* the task's own idle limit */
#define LIMIT_NONE INT64_C(-2)

struct wait {
	int fd;		  /* -1: no descriptor */
	enum io want;	  /* of fd */
	int64_t limit_ns; /* or one of LIMIT_* */
	struct task_group *group;
};

/*
 * Until fd can be read without blocking, or has failed.  One task at a time may
 * wait to read a descriptor, and one to write: a second one gets EBUSY.
 */
static inline struct wait
readable(int fd)
{
	return (struct wait){ .fd = fd, .want = IO_READ, .limit_ns = LIMIT_IDLE };
}

/* Until fd can be written without blocking, or has failed. */
static inline struct wait
writable(int fd)
{
	return (struct wait){ .fd = fd, .want = IO_WRITE, .limit_ns = LIMIT_IDLE };
}

/* Until someone calls task_wake(), which is WAKE_READY. */
static inline struct wait
woken(void)
{
	return (struct wait){ .fd = -1, .limit_ns = LIMIT_NONE };
}

/* A sleep.  Ends with WAKE_TIMEOUT: its time is up; or WAKE_READY: task_wake(). */
static inline struct wait
elapsed(int64_t ns)
{
	return (struct wait){ .fd = -1, .limit_ns = ns > 0 ? ns : 0 };
}

/* Until the last task of the group has finished; at once if it is empty. */
static inline struct wait
joined(struct task_group *g)
{
	return (struct wait){ .fd = -1, .limit_ns = LIMIT_NONE, .group = g };
}

/* The same wait with a time limit of its own, instead of the idle limit. */
static inline struct wait
within(struct wait w, int64_t ns)
{
	w.limit_ns = ns > 0 ? ns : 0;
	return w;
}

/* ---- the task ---- */

typedef enum step task_routine(struct task *t);

#define TASK_DEPTH 4 /* a routine, and CALLs inside it */

/* The tasks someone is responsible for.  Zero bytes: an empty group. */
struct task_group {
	LIST_HEAD(, task) tasks;
	LIST_ENTRY(task_group) others; /* the loop's groups that are not empty */
	struct task *joiner;	       /* the one task in joined(), or NULL */
	uint32_t count;
};

/* What tasks of a kind have in common. */
struct task_type {
	const char *name; /* for logs and dumps: "echo" */
	task_routine *run;

	/* Last of all; may free the struct around t.  Or NULL. */
	void (*finished)(struct task *t);
};

/* One of these per connection, so kept small: 96 bytes. */
struct task {
	/* To be read by its routine. */
	struct loop *loop;
	int16_t err;  /* why the last YIELD ended: 0, ETIME, ECANCELED, or an error */
	uint8_t woke; /* the same as enum wake */

	/* The rest belongs to the loop. */
	uint8_t depth, flags, want; /* want: enum io bit of the descriptor held, or 0 */
	uint16_t refused;	    /* waits tried since it was cancelled */
	uint16_t line[TASK_DEPTH];  /* where to go on, as __LINE__; 0: the top */
	const struct task_type *type;
	struct timer timer;
	int64_t idle_ns;
	union {
		int fd;			    /* where want is not 0 */
		struct task_group *joining; /* where it is in joined() */
	};
	struct task_group *group;
	LIST_ENTRY(task) siblings;
	STAILQ_ENTRY(task) next; /* in the queue of the ready or of the finished */
};

/* ---- inside a routine ---- */

/*
 * TASK_BEGIN comes first after the declarations and TASK_END last; between
 * them, leave with TASK_RETURN, never with a bare return.  YIELD and CALL must
 * not stand inside a switch of your own, nor two on one line: the compiler
 * refuses the second, and the first ends in task_lost() when it is resumed.
 */
#define TASK_BEGIN(t)                                                                  \
	switch ((t)->line[(t)->depth]) {                                               \
	default:                                                                       \
		task_lost(t);                                                          \
	case 0:;

#define TASK_END(t)                                                                    \
	}                                                                              \
	TASK_RETURN(t)

#define TASK_RETURN(t)                                                                 \
	do {                                                                           \
		(t)->line[(t)->depth] = 0;                                             \
		return STEP_DONE;                                                      \
	} while (0)

/* Wait.  Afterwards t->woke and t->err say how it ended. */
#define YIELD(t, what)                                                                 \
	do {                                                                           \
		(t)->line[(t)->depth] = __LINE__;                                      \
		if (task_park((t), (what)))                                            \
			return STEP_PARKED;                                            \
		__attribute__((fallthrough));                                          \
	case __LINE__:;                                                                \
	} while (0)

/*
 * Run another routine to its end, yields and all: CALL(t, io_linger(t, &c->bye)).
 * The call is written out again at each wake, so its arguments must be the
 * same each time: pointers into the task's own struct.
 */
#define CALL(t, call)                                                                  \
	do {                                                                           \
		(t)->line[(t)->depth] = __LINE__;                                      \
		__attribute__((fallthrough));                                          \
	case __LINE__:                                                                 \
		task_enter(t);                                                         \
		if ((call) == STEP_PARKED) {                                           \
			task_leave(t);                                                 \
			return STEP_PARKED;                                            \
		}                                                                      \
		task_leave(t);                                                         \
	} while (0)

/* ---- for the owner of a task ---- */

/*
 * Let the loop run the task from the top, this turn or the next.  The task is
 * part of a struct of yours, which must live until finished().
 * idle_ns limits each readable() and writable() without a limit of its own; 0
 * means none.  When the routine is done, type->finished(t) is called once, last
 * of all, and only then does the group (NULL: the loop's own) count it out.
 * Returns 0 or -ENOMEM; after 0 no timer of the task can fail, but a wait may
 * end with WAKE_ERROR when the kernel will not watch its descriptor.
 */
int task_start(struct loop *loop, struct task *t, struct task_group *group,
    const struct task_type *type, int64_t idle_ns);

/* End a sleep or woken(), with WAKE_READY.  Nothing happens if it is in neither. */
void task_wake(struct task *t);

/*
 * From now on this is the idle limit of these tasks, in their present waits
 * too, counted from loop_now_ns().  How a server drains: it makes silence
 * short, and the tasks end as they always do.
 */
void task_group_idle(struct task_group *g, int64_t idle_ns);

/*
 * Say that its time is up: its present wait, or the one that has just come true,
 * ends with WAKE_TIMEOUT.  What it waits for afterwards is its own affair.
 */
void task_expire(struct task *t);

/*
 * End the task now: its wait ends with WAKE_CANCEL, and so, at once, does
 * every wait it tries from then on.  Safe on any task that is not yet
 * finished, itself included, and before its first run; it is the routine that
 * tidies up, without waiting.  A routine that ignores this is stopped by
 * task_lost() after a thousand refused waits.
 */
void task_cancel(struct task *t);
void task_cancel_all(struct task_group *g);

/*
 * For a log line or a dump: the kind of task and the lines where it waits, as
 * "echo:41<66 readable fd 7, 12.3 s left"; cut to size.  Returns 0, or -errno with
 * the kind alone.
 */
int task_where(const struct task *t, char *buf, size_t size);

/* ---- behind the macros ---- */

bool task_wait(struct task *t, int fd, enum io want, int64_t limit_ns);
bool task_join(struct task *t, struct task_group *group, int64_t limit_ns);

/* Begin a wait.  False: it is over already, go on at once. */
static inline bool
task_park(struct task *t, struct wait w)
{
	if (w.group != NULL)
		return task_join(t, w.group, w.limit_ns);
	return task_wait(t, w.fd, w.want, w.limit_ns);
}

/*
 * A routine was resumed at a line it does not have, CALLs too deep, or ignores
 * its cancel: abort(3).
 */
_Noreturn void task_lost(const struct task *t);

/* Has the routine not yet come to a YIELD? */
static inline bool
task_is_at_top(const struct task *t)
{
	return t->line[t->depth] == 0;
}

static inline void
task_enter(struct task *t)
{
	if (++t->depth == TASK_DEPTH)
		task_lost(t); /* before it writes past t->line */
}

static inline void
task_leave(struct task *t)
{
	t->depth--;
}

#endif
