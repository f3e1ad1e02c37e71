/*
 * tasks.h - what the files of fuzz_tasks share: tasks that do what the input says
 * (actors), and a model that knows what must become of each.
 *
 * The model is told of everything just before it is done.  Then it knows who may run,
 * why, and when at the latest; the routines and the poller hold the loop to it.
 */
#ifndef ECHOD_TESTS_FUZZ_TASKS_H
#define ECHOD_TESTS_FUZZ_TASKS_H

#include "fuzz/fuzz.h"
#include "loop/loop.h"

#define ACTORS	 16
#define CHANNELS 4
#define GROUPS	 3

enum state {
	READY, /* will run, and find `woke` */
	RUNNING,
	GOING_ON, /* as before; its wait is over before it has begun */
	PARKED,
	ENDED, /* to be reaped */
};

struct actor {
	struct task task;
	struct wait wait; /* the present one */
	bool nested;	  /* in a CALL */
	int slot;	  /* in world.actors */

	/* What the model knows. */
	enum state state;
	enum wake woke;
	int err;
	int phase; /* in which it became ready */
	bool cancelled;
	int refused; /* waits since */
	int64_t idle_ns, due_ns;
	bool idling;
	struct channel *place; /* which it holds, to do this: */
	enum io want;
	struct group *group, *joining; /* or NULL */
};

/* A descriptor, and what the poller knows of it. */
struct channel {
	int fd;
	unsigned ready, watched; /* enum io bits */
	int refused;		 /* errno for more of watch(); 0: it does it */
	struct actor *reader, *writer;
};

struct group {
	struct task_group tasks;
	int count;
	struct actor *joiner;
};

struct world {
	struct loop *loop;
	struct fuzz in;
	struct actor *actors[ACTORS];
	struct channel channels[CHANNELS];
	struct group groups[GROUPS];
	struct actor *running;
	int phase; /* of running tasks, and of waiting, in turn */
	int quiet; /* waits since a task last ran */
	int started, finished;
};

extern struct world world;

/* ---- fuzz_tasks.c ---- */

extern const struct task_type actor_task;

/* ---- tasks_deeds.c ---- */

/* Picked by the input. */
unsigned any_byte(void);
int64_t any_time_ns(void); /* mostly short; or none, or very long */
struct group *any_group(void);
struct channel *any_channel(void);

/* Start an actor, while there are not too many.  NULL: in no group. */
void spawn(struct group *g);

/* Do the n-th of what a running task may do to others; false: there are not so many. */
bool deed(unsigned n);

/* ---- tasks_poller.c: it moves the clock, and checks everybody at each wait ---- */

extern const struct poller_ops poller_fuzzed;

/* Can nothing ever happen again? */
bool nothing_can_happen(void);

/* ---- tasks_model.c ---- */

void model_start(struct actor *a, struct group *g, int64_t idle_ns);
void model_wake(struct actor *a);
void model_cancel(struct actor *a);
void model_expire(struct actor *a);
void model_idle(const struct group *g, int64_t idle_ns);
void model_close(struct channel *c);

/* It waits, as a->wait says; it has ended; it has been reaped. */
void model_park(struct actor *a);
void model_end(struct actor *a);
void model_reap(const struct actor *a);

/* Its routine is called; it has come past its wait: is that right, and `woke` too? */
void model_runs(struct actor *a);
void model_goes_on(struct actor *a);

/* Events come; and then it is so late. */
void model_event(struct channel *c, unsigned ready);
void model_time(int64_t now_ns);

#endif
