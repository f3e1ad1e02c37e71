#include "fuzz/tasks.h"

#include <errno.h>

#include "support/fake_clock.h"

#define QUIET_MOST                                                                     \
	64 /* waits in a row that lead to nothing: lazy timers, old interest */

/* ---- how a wait ends ---- */

static void
becomes_ready(struct actor *a, enum wake woke, int err)
{
	if (a->joining != NULL)
		a->joining->joiner = NULL;
	a->joining = NULL;
	a->state = READY;
	a->woke = woke;
	a->err = err;
	a->phase = world.phase;
}

void
model_start(struct actor *a, struct group *g, int64_t idle_ns)
{
	world.started++;
	a->group = g;
	a->idle_ns = idle_ns;
	if (g != NULL)
		g->count++;
	becomes_ready(a, WAKE_READY, 0);
}

void
model_wake(struct actor *a)
{
	if (a->state == PARKED && a->want == 0 && a->joining == NULL)
		becomes_ready(a, WAKE_READY, 0);
}

void
model_cancel(struct actor *a)
{
	if (a->state == ENDED)
		return;
	a->cancelled = true;
	if (a->state == PARKED)
		becomes_ready(a, WAKE_CANCEL, ECANCELED);
	a->woke = WAKE_CANCEL;
	a->err = ECANCELED;
}

void
model_expire(struct actor *a)
{
	if (a->state == PARKED)
		becomes_ready(a, WAKE_TIMEOUT, ETIME);
	if (a->state == READY && a->woke == WAKE_READY) {
		a->woke = WAKE_TIMEOUT;
		a->err = ETIME;
	}
}

/* ---- places ---- */

static struct actor **
place_of(struct channel *c, enum io want)
{
	return want == IO_READ ? &c->reader : &c->writer;
}

static void
leave_place(struct actor *a)
{
	if (a->want != 0)
		*place_of(a->place, a->want) = NULL;
	a->want = 0;
}

static void
evict(struct actor *a)
{
	if (a == NULL)
		return;
	leave_place(a);
	if (a->state == PARKED)
		becomes_ready(a, WAKE_ERROR, EBADF);
	if (a->state == READY && a->woke != WAKE_CANCEL) {
		a->woke = WAKE_ERROR;
		a->err = EBADF;
	}
}

void
model_close(struct channel *c)
{
	evict(c->reader);
	evict(c->writer);
	c->ready = 0;
}

static int
take_place(struct actor *a, struct channel *c, enum io want)
{
	if (a->want == want && a->place == c)
		return 0;
	leave_place(a);
	if (*place_of(c, want) != NULL)
		return EBUSY;
	if (c->refused != 0 && !(c->watched & want))
		return c->refused;
	*place_of(c, want) = a;
	a->place = c;
	a->want = want;
	return 0;
}

/* ---- a wait begins ---- */

static int64_t
deadline_ns(const struct actor *a, int64_t limit_ns)
{
	int64_t from_ns = fake_clock_peek();

	if (limit_ns == LIMIT_IDLE) {
		from_ns = loop_now_ns(world.loop);
		limit_ns = a->idle_ns != 0 ? a->idle_ns : LIMIT_NONE;
	}
	if (limit_ns == LIMIT_NONE || limit_ns >= TIMER_NEVER - from_ns)
		return TIMER_NEVER;
	return from_ns + limit_ns;
}

void
model_idle(const struct group *g, int64_t idle_ns)
{
	for (int i = 0; i < ACTORS; i++) {
		struct actor *a = world.actors[i];

		if (a == NULL || a->group != g)
			continue;
		a->idle_ns = idle_ns;
		if (a->idling)
			a->due_ns = deadline_ns(a, LIMIT_IDLE);
	}
}

static void
goes_on(struct actor *a, enum wake woke, int err)
{
	a->state = GOING_ON;
	a->woke = woke;
	a->err = err;
}

static int
take_position(struct actor *a)
{
	const struct wait *w = &a->wait;
	struct group *g = (struct group *)w->group;
	struct channel *c = world.channels;

	if (w->want != 0) {
		while (c->fd != w->fd)
			c++;
		return take_place(a, c, w->want);
	}
	leave_place(a);
	if (g == NULL)
		return 0;
	if (g->joiner != NULL)
		return EBUSY;
	g->joiner = a;
	a->joining = g;
	return 0;
}

void
model_park(struct actor *a)
{
	const struct group *g = (struct group *)a->wait.group;
	int err;

	if (a->cancelled) {
		a->refused++;
		goes_on(a, WAKE_CANCEL, ECANCELED);
		return;
	}
	if (g != NULL && g->count == 0) {
		goes_on(a, WAKE_READY, 0);
		return;
	}
	err = take_position(a);
	if (err != 0) {
		goes_on(a, WAKE_ERROR, err);
		return;
	}
	a->due_ns = deadline_ns(a, a->wait.limit_ns);
	a->idling = a->wait.limit_ns == LIMIT_IDLE;
	a->state = PARKED;
	world.running = NULL;
}

/* ---- it runs ---- */

static void
check_woke(struct actor *a)
{
	REQUIRE(a->task.woke == a->woke);
	REQUIRE(a->task.err == a->err);
	a->idling = false;
	a->state = RUNNING;
}

void
model_runs(struct actor *a)
{
	REQUIRE(world.running == NULL);
	REQUIRE(a->state == READY);
	REQUIRE(a->phase < world.phase); /* what gets ready now runs in the next turn */
	check_woke(a);
	world.running = a;
	world.quiet = 0;
}

void
model_goes_on(struct actor *a)
{
	REQUIRE(world.running == a);
	REQUIRE(a->state == RUNNING || a->state == GOING_ON);
	check_woke(a);
}

void
model_end(struct actor *a)
{
	leave_place(a);
	a->state = ENDED;
	world.running = NULL;
}

void
model_reap(const struct actor *a)
{
	REQUIRE(a->state == ENDED);
	REQUIRE(world.running == NULL);
	world.finished++;
	if (a->group != NULL && --a->group->count == 0 && a->group->joiner != NULL)
		becomes_ready(a->group->joiner, WAKE_READY, 0);
}

/* ---- events ---- */

static void
event_at(struct actor *holder)
{
	if (holder != NULL && holder->state == PARKED)
		becomes_ready(holder, WAKE_READY, 0);
}

void
model_event(struct channel *c, unsigned ready)
{
	if (ready & IO_READ)
		event_at(c->reader);
	if (ready & IO_WRITE)
		event_at(c->writer);
}

void
model_time(int64_t now_ns)
{
	for (int i = 0; i < ACTORS; i++) {
		struct actor *a = world.actors[i];

		if (a != NULL && a->state == PARKED && a->due_ns <= now_ns)
			becomes_ready(a, WAKE_TIMEOUT, ETIME);
	}
}
