/*
 * loop.h - take turns: run the ready tasks, sleep until more are ready, wake them.
 *
 * The cycle is that of Python's asyncio.  A loop and all that is in it belong
 * to one thread.
 */
#ifndef ECHOD_LOOP_LOOP_H
#define ECHOD_LOOP_LOOP_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "loop/poller.h"
#include "loop/task.h"

struct loop_options {
	const struct poller_ops *backend; /* NULL: the best of this build */
	clock_source *now_ns;		  /* NULL: clock_monotonic_ns */
	int64_t spin_ns; /* after activity poll this long before sleeping; 0: never */
	size_t buffer_size; /* of loop_buffer(); 0: 256 KiB */
};

/*
 * Make a loop; NULL for all defaults.  A test brings its own backend and clock,
 * and needs no sockets and no sleeping.  Returns 0, or -errno.
 */
int loop_open(struct loop **ret, const struct loop_options *options);

/* No task may be left.  NULL is fine. */
void loop_close(struct loop *loop);

/*
 * Take turns until no task is left.  Returns 0; -EDEADLK when tasks are left
 * but nothing can ever wake them (loop_each_task() shows which); or -errno of a
 * broken backend.
 */
int loop_run(struct loop *loop);

/* The time at which this turn's events came, in ns on the monotonic clock. */
int64_t loop_now_ns(const struct loop *loop);

/* The name of the backend in use. */
const char *loop_backend(const struct loop *loop);

/* The shared read buffer: good until the caller's next YIELD. */
struct loop_buffer {
	char *data;
	size_t size;
};

struct loop_buffer loop_buffer(struct loop *loop);

/*
 * Stop watching fd and close it; *fd becomes -1, and -1 does nothing.  Whoever
 * waits on it, or was just woken for it, sees WAKE_ERROR with EBADF.  Keeps errno.
 */
void loop_close_fd(struct loop *loop, int *fd);

/*
 * Give back the memory that a crowd of descriptors, now closed, has needed.  Looks
 * at each number there was, so do it when they have gone, not for each of them.
 */
void loop_trim(struct loop *loop);

/* Call visit for every task that is not finished. */
void loop_each_task(const struct loop *loop,
    void (*visit)(const struct task *t, void *arg), void *arg);

#endif
