/* actors.h - the tasks that most tests are made of. */
#ifndef ECHOD_TESTS_ACTORS_H
#define ECHOD_TESTS_ACTORS_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/loop.h"

/* Waits, once or twice, and notes how the last of it ended. */
struct waiter {
	struct task task;
	struct wait before, wait;

	bool ended, finished;
	enum wake woke;
	int err;
	int64_t after_ns; /* when it ended, since the start of the fake clock */
	int order;	  /* how many had ended before it */
};

void waiter_start(struct waiter *w, struct loop *loop, struct task_group *group,
    struct wait wait, int64_t idle_ns);

/* The same; before that it waits for something else. */
void waiter_start_twice(struct waiter *w, struct loop *loop, struct task_group *group,
    struct wait before, struct wait wait, int64_t idle_ns);

/* Fails the test unless it ended so, and just then. */
void waiter_check(const struct waiter *w, enum wake woke, int64_t after_ns);

/* Sleeps so long, then does something. */
struct doer {
	struct task task;
	int64_t after_ns;
	void (*act)(void *arg);
	void *arg;
};

void doer_start(struct doer *d, struct loop *loop, int64_t after_ns,
    void (*act)(void *arg), void *arg);

/* Call act every_ns from now, and again and again until it returns false. */
void actor_start(struct loop *loop, int64_t every_ns, bool (*act)(void));

/* Start a task that cannot fail to start. */
void start(struct loop *loop, struct task *t, struct task_group *group,
    const struct task_type *type, int64_t idle_ns);

/* Run the loop until no task is left, and close it. */
void run_to_the_end(struct loop *loop);

#endif
