#include "net/listener.h"

#include <errno.h>

#include "base/util.h"
#include "net/sock.h"

#define ACCEPTS_PER_TURN 64 /* then the connections have their turn */
#define BACKLOG_MAX	 65536
#define PAUSE_NS	 SECONDS(1)

/* One connection that went wrong, not the listener: accept(2), "Error handling". */
static bool
concerns_one_peer(int err)
{
	switch (err) {
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
	case ENETDOWN:
	case ENOPROTOOPT:
	case EHOSTDOWN:
	case ENONET:
	case EHOSTUNREACH:
	case EOPNOTSUPP:
	case ENETUNREACH:
		return true;
	default:
		return false;
	}
}

static void
set_trouble(struct listener *l, int err)
{
	bool news = (l->trouble == 0) != (err == 0);

	l->trouble = err;
	if (news)
		l->type->trouble(l, err);
}

static bool
is_paced(const struct listener *l)
{
	return l->pace != NULL && l->pace->rule.every_ns > 0;
}

/*
 * How many to accept in this turn.  An accept(2) that finds nobody costs much, for
 * the kernel makes the socket first; so let it tell how many there are.
 */
static int
quota(const struct listener *l)
{
	int waiting = is_paced(l) ? 1 : sock_backlog(l->fd);

	if (waiting < 0 || waiting > ACCEPTS_PER_TURN)
		return ACCEPTS_PER_TURN;
	return waiting > 0 ? waiting : 1; /* it was readable */
}

/* Accept at most `most`.  Returns 0, or the errno that calls for a pause. */
static int
accept_some(struct listener *l, int most)
{
	struct addr peer;

	for (int n = 0; n < most; n++) {
		int fd = sock_accept(l->fd, &peer);

		if (fd == -EAGAIN)
			break;
		if (fd < 0 && concerns_one_peer(-fd))
			continue;
		if (fd < 0)
			return -fd;
		set_trouble(l, 0);
		l->type->accepted(l, fd, &peer);
	}
	return 0;
}

/* How long until one more may be accepted. */
static int64_t
turn_ns(struct listener *l)
{
	return bucket_reserve(&l->pace->bucket, &l->pace->rule,
	    loop_now_ns(l->task.loop));
}

static enum step
listener_run(struct task *t)
{
	struct listener *l = container_of(t, struct listener, task);
	int err;

	TASK_BEGIN(t);
	for (;;) {
		YIELD(t, readable(l->fd));
		if (t->woke == WAKE_CANCEL)
			break;
		if (t->woke == WAKE_READY && is_paced(l)) {
			YIELD(t, elapsed(turn_ns(l)));
			if (t->woke == WAKE_CANCEL)
				break;
		}
		if (t->woke == WAKE_ERROR) /* no memory to watch it, for now */
			err = t->err;
		else
			err = accept_some(l, quota(l));
		if (err == 0)
			continue;
		/* The connection stays in the backlog, so to wait on would spin. */
		set_trouble(l, err);
		l->pausing = true;
		YIELD(t, elapsed(PAUSE_NS));
		l->pausing = false;
	}
	if (!l->inherited)
		accept_some(l, BACKLOG_MAX);
	loop_close_fd(t->loop, &l->fd);
	TASK_END(t);
}

static void
listener_finished(struct task *t)
{
	struct listener *l = container_of(t, struct listener, task);

	if (l->type->finished != NULL)
		l->type->finished(l);
}

static const struct task_type listener_task = {
	.name = "listener",
	.run = listener_run,
	.finished = listener_finished,
};

int
listener_start(struct loop *loop, struct listener *l, struct task_group *group)
{
	l->trouble = 0;
	l->pausing = false;
	return task_start(loop, &l->task, group, &listener_task, 0);
}

void
listener_retry(struct listener *l)
{
	if (l->pausing)
		task_wake(&l->task);
}

void
listener_repace(struct listener *l)
{
	task_wake(&l->task); /* if it sleeps, for its turn or in trouble */
}
