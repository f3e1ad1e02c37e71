/*
 * fuzz_tasks.c - tasks that start, wait for, wake, expire and cancel each other as the
 * input says, against a model: each ends once, no wake is lost, none comes without cause.
 */
#include "fuzz/tasks.h"

#include <errno.h>

#include "base/util.h"
#include "loop/internal.h"
#include "support/fake_clock.h"

#define REFUSED_MOST 900 /* after 1000 the loop takes a task for lost */

struct world world;

/* ---- the task itself ---- */

static struct wait
any_wait(void)
{
	unsigned kind = any_byte();
	struct wait w = woken();

	switch (kind % 5) {
	case 0:
		w = readable(any_channel()->fd);
		break;
	case 1:
		w = writable(any_channel()->fd);
		break;
	case 2:
		w = joined(&any_group()->tasks);
		break;
	case 3:
		return elapsed(any_time_ns());
	}
	return kind / 5 % 2 ? within(w, any_time_ns()) : w;
}

/* Do this and that, and then wait; false: end. */
static bool
act(struct actor *a)
{
	unsigned what;

	while (world.in.size > 0 && a->refused < REFUSED_MOST) {
		what = any_byte();
		if (deed(what % 16))
			continue;
		if (what % 16 == 15)
			break;
		a->nested = what / 16 % 2;
		a->wait = any_wait();
		model_park(a);
		return true;
	}
	model_end(a);
	return false;
}

static enum step
wait_inside(struct task *t, struct actor *a)
{
	TASK_BEGIN(t);
	YIELD(t, a->wait);
	TASK_END(t);
}

static enum step
actor_run(struct task *t)
{
	struct actor *a = container_of(t, struct actor, task);

	model_runs(a);
	TASK_BEGIN(t);
	while (act(a)) {
		if (a->nested)
			CALL(t, wait_inside(t, a));
		else
			YIELD(t, a->wait);
		model_goes_on(a);
	}
	TASK_END(t);
}

/* Another one may take its place before the group can be empty. */
static void
actor_finished(struct task *t)
{
	struct actor *a = container_of(t, struct actor, task);

	world.actors[a->slot] = NULL;
	if (any_byte() % 4 == 1)
		spawn(a->group);
	model_reap(a);
	free(a);
}

const struct task_type actor_task = { "actor", actor_run, actor_finished };

/* ---- the whole ---- */

static void
open_world(const uint8_t *data, size_t size)
{
	static const int fds[CHANNELS] = { 300, 600, 1200, 2400 };
	struct loop_options options = {
		.backend = &poller_fuzzed,
		.now_ns = fake_clock_ns,
		.buffer_size = 16,
	};

	fake_clock_reset();
	world = (struct world){ .in = { data, size } };
	for (int i = 0; i < CHANNELS; i++)
		world.channels[i].fd = fds[i];
	REQUIRE(loop_open(&world.loop, &options) == 0);
}

/* Nothing may be left: nobody waits anywhere, no timer runs. */
static void
close_world(void)
{
	REQUIRE(world.started == world.finished);
	REQUIRE(world.loop->places_held == 0);
	REQUIRE(world.loop->timers.count == 0);
	for (int i = 0; i < GROUPS; i++) {
		REQUIRE(world.groups[i].tasks.count == 0);
		REQUIRE(world.groups[i].tasks.joiner == NULL);
	}
	loop_close(world.loop);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int r;

	open_world(data, size);
	spawn(any_group());
	spawn(any_group());
	for (;;) {
		world.phase++;
		r = loop_run(world.loop);
		if (r == 0)
			break;
		REQUIRE(r == -EDEADLK && nothing_can_happen());
		for (int i = 0; i < ACTORS; i++) {
			if (world.actors[i] == NULL)
				continue;
			model_cancel(world.actors[i]);
			task_cancel(&world.actors[i]->task);
		}
	}
	close_world();
	return 0;
}
