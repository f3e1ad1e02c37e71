/* listener.h - a task that takes connections off a listening socket. */
#ifndef ECHOD_NET_LISTENER_H
#define ECHOD_NET_LISTENER_H

#include <stdbool.h>

#include "base/bucket.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "net/addr.h"

struct listener;

struct listener_type {
	/* A connection has come; fd is yours now, *peer is good during the call. */
	void (*accepted)(struct listener *l, int fd, const struct addr *peer);

	/*
	 * accept(2), or to wait for it, began to fail with err, as for want of
	 * descriptors, and is tried again after a pause; or, with err 0, it works
	 * again.
	 */
	void (*trouble)(struct listener *l, int err);

	/* Last of all: the socket is closed and the task done; may free l.  Or NULL. */
	void (*finished)(struct listener *l);
};

/* How many connections a second are accepted, by all listeners that share this. */
struct listener_pace {
	struct bucket bucket;
	struct bucket_rule rule;
};

struct listener {
	struct task task;
	const struct listener_type *type;
	int fd;
	bool inherited; /* others listen on it too: leave its backlog to them */
	struct listener_pace *pace; /* NULL: as fast as they come */
	int trouble;		    /* errno of the present trouble, or 0 */
	bool pausing;		    /* because of it, and not for its turn */
};

/*
 * Accept on l->fd until cancelled; then accept what is already in the backlog
 * (unless inherited), and close it.  What comes faster than the pace waits in the
 * backlog.  Set type, fd, inherited and pace first; fd belongs to the listener from
 * then on.  Returns 0, or -ENOMEM with fd still the caller's.
 */
int listener_start(struct loop *loop, struct listener *l, struct task_group *group);

/* A descriptor has become free: end a pause early. */
void listener_retry(struct listener *l);

/* The pace is another now: wait no longer for a turn under the old one. */
void listener_repace(struct listener *l);

#endif
