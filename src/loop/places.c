/*
 * Who waits at which descriptor.
 *
 * A task that waits for a descriptor takes a place there, and keeps it until it
 * waits for something else: so a task that reads again and again costs the
 * backend one watch() in its life.  The backend may come to watch more than
 * anyone waits for; when it reports such a thing, its interest is narrowed.
 */
#include "loop/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLACES_MIN 64

/*
 * Have n places; of those that are lost none may be in use.  They come zeroed from
 * the system, so those that nobody touches cost nothing.  Returns 0 or -ENOMEM.
 */
static int
resize(struct loop *loop, int n)
{
	int kept = n < loop->nplaces ? n : loop->nplaces;
	struct place *places = calloc((size_t)n, sizeof(*places));

	if (places == NULL)
		return -ENOMEM;
	if (kept > 0)
		memcpy(places, loop->places, (size_t)kept * sizeof(*places));
	free(loop->places);
	loop->places = places;
	loop->nplaces = n;
	return 0;
}

/* How many places there are where fd has one. */
static int
room_for(int fd)
{
	int n = PLACES_MIN;

	while (n <= fd)
		n *= 2;
	return n;
}

void
loop_trim(struct loop *loop)
{
	int n, highest = loop->nplaces - 1;

	while (highest >= 0 && loop->places[highest].watched == 0) /* so nobody waits */
		highest--;
	n = room_for(highest);
	if (n < loop->nplaces)
		resize(loop, n); /* when that fails, the larger table serves on */
}

static struct task **
side_of(struct place *p, enum io want)
{
	return want == IO_READ ? &p->reader : &p->writer;
}

/* Have the backend watch exactly this much of fd. */
static int
watch(struct loop *loop, int fd, unsigned want)
{
	struct place *p = &loop->places[fd];
	int r = 0;

	if (want != p->watched)
		r = loop->backend->watch(loop->poller, fd, want);
	if (r == 0)
		p->watched = want;
	return r;
}

int
place_take(struct task *t, int fd, enum io want)
{
	struct loop *loop = t->loop;
	struct place *p;
	int r;

	place_leave(t);
	if (fd < 0)
		return -EBADF;
	r = fd < loop->nplaces ? 0 : resize(loop, room_for(fd));
	if (r < 0)
		return r;

	p = &loop->places[fd];
	if (*side_of(p, want) != NULL)
		return -EBUSY;
	r = watch(loop, fd, p->watched | want);
	if (r < 0)
		return r;
	*side_of(p, want) = t;
	loop->places_held++;
	t->want = (uint8_t)want;
	t->fd = fd;
	return 0;
}

void
place_leave(struct task *t)
{
	if (t->want == 0)
		return;
	*side_of(&t->loop->places[t->fd], t->want) = NULL;
	t->loop->places_held--;
	t->want = 0;
}

/* One side of fd is ready, and this task, or nobody, has its place there. */
static void
wake_holder(struct loop *loop, int fd, enum io side, struct task *holder)
{
	if (holder == NULL) /* takes bits away, so it cannot fail */
		watch(loop, fd, loop->places[fd].watched & ~(unsigned)side);
	else if (holder->flags & TASK_PARKED) /* else it has been woken already */
		task_resume(holder, WAKE_READY, 0);
}

void
places_wake(struct loop *loop, int n)
{
	for (int i = 0; i < n; i++) {
		const struct poller_event *ev = &loop->events[i];
		const struct place *p = &loop->places[ev->fd];

		if (ev->ready & IO_READ)
			wake_holder(loop, ev->fd, IO_READ, p->reader);
		if (ev->ready & IO_WRITE)
			wake_holder(loop, ev->fd, IO_WRITE, p->writer);
	}
}

/* The descriptor goes away under a task that waits there, or was just woken for it. */
static void
evict(struct task *t)
{
	if (t == NULL)
		return;
	place_leave(t);
	if (t->flags & TASK_PARKED)
		task_resume(t, WAKE_ERROR, EBADF);
	else if ((t->flags & TASK_QUEUED) && t->woke != WAKE_CANCEL)
		task_tell(t, WAKE_ERROR, EBADF);
}

void
loop_close_fd(struct loop *loop, int *fd)
{
	int saved = errno;

	if (*fd < 0)
		return;
	if (*fd < loop->nplaces) {
		evict(loop->places[*fd].reader);
		evict(loop->places[*fd].writer);
		watch(loop, *fd, 0);
	}
	close(*fd);
	*fd = -1;
	errno = saved;
}
