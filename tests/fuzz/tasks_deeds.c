#include "fuzz/tasks.h"

#include <errno.h>

#include "base/clock.h"
#include "base/util.h"
#include "support/fake_clock.h"

/* ---- picked by the input ---- */

unsigned
any_byte(void)
{
	return (unsigned)fuzz_number(&world.in, 1);
}

int64_t
any_time_ns(void)
{
	unsigned n = any_byte();

	if (n == 255)
		return INT64_MAX;
	if (n == 254)
		return INT64_MAX / 2;
	return MILLISECONDS(n % 16); /* so that many come together */
}

static struct actor *
any_actor(void)
{
	return world.actors[any_byte() % ACTORS];
}

struct group *
any_group(void)
{
	return &world.groups[any_byte() % GROUPS];
}

struct channel *
any_channel(void)
{
	return &world.channels[any_byte() % CHANNELS];
}

/* ---- what a task may do ---- */

void
spawn(struct group *g)
{
	struct actor *a;
	int64_t idle_ns = any_time_ns();
	int slot = 0;

	while (slot < ACTORS && world.actors[slot] != NULL)
		slot++;
	if (slot == ACTORS)
		return;
	a = calloc(1, sizeof(*a));
	REQUIRE(a != NULL);
	a->slot = slot;
	world.actors[slot] = a;
	model_start(a, g, idle_ns);
	REQUIRE(task_start(world.loop, &a->task, g != NULL ? &g->tasks : NULL,
		    &actor_task, idle_ns) == 0);
}

static void
do_spawn(void)
{
	unsigned n = any_byte() % (GROUPS + 1);

	spawn(n < GROUPS ? &world.groups[n] : NULL);
}

static void
do_wake(void)
{
	struct actor *a = any_actor();

	if (a == NULL)
		return;
	model_wake(a);
	task_wake(&a->task);
}

static void
do_cancel(void)
{
	struct actor *a = any_actor();

	if (a == NULL)
		return;
	model_cancel(a);
	task_cancel(&a->task);
}

static void
do_cancel_all(void)
{
	struct group *g = any_group();

	for (int i = 0; i < ACTORS; i++)
		if (world.actors[i] != NULL && world.actors[i]->group == g)
			model_cancel(world.actors[i]);
	task_cancel_all(&g->tasks);
}

static void
do_expire(void)
{
	struct actor *a = any_actor();

	if (a == NULL)
		return;
	model_expire(a);
	task_expire(&a->task);
}

static void
do_idle(void)
{
	struct group *g = any_group();
	int64_t idle_ns = any_time_ns();

	model_idle(g, idle_ns);
	task_group_idle(&g->tasks, idle_ns);
}

static void
do_close(void)
{
	struct channel *c = any_channel();
	int fd = c->fd; /* and the next one opened has the same number */

	model_close(c);
	loop_close_fd(world.loop, &fd);
	REQUIRE(fd == -1 && c->watched == 0);
}

static void
do_ready(void)
{
	any_channel()->ready = any_byte() % 4;
}

static void
do_refuse(void)
{
	struct channel *c = any_channel();

	c->refused = c->refused == 0 ? ENOMEM : 0;
}

static void
do_dawdle(void)
{
	fake_clock_advance(MILLISECONDS(any_byte() % 16));
}

static void
visit(const struct task *t, void *arg)
{
	const struct actor *a = container_of(t, struct actor, task);

	REQUIRE(world.actors[a->slot] == a);
	++*(int *)arg;
}

static void
do_look(void)
{
	char where[80];
	int n = 0;

	loop_each_task(world.loop, visit, &n);
	REQUIRE(n == world.started - world.finished);
	REQUIRE(task_where(&world.running->task, where, sizeof(where)) == 0);
	REQUIRE(strstr(where, "running") != NULL);
}

static void (*const deeds[])(void) = {
	do_spawn,
	do_wake,
	do_cancel,
	do_cancel_all,
	do_expire,
	do_idle,
	do_close,
	do_ready,
	do_refuse,
	do_dawdle,
	do_look,
};

bool
deed(unsigned n)
{
	if (n >= ARRAY_SIZE(deeds))
		return false;
	deeds[n]();
	return true;
}
