/*
 * Three tasks that sleep 3, 1 and 2 seconds at the same time, in one thread.
 * Prints who starts and who ends when, in seconds since the program began.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/util.h"
#include "loop/loop.h"
#include "loop/task.h"

struct sleeper {
	struct task task;
	int number;
	int64_t sleep_ns;
	int64_t began_ns; /* when the program began */
};

static void
say(const struct sleeper *s, const char *what)
{
	double seconds = (double)(loop_now_ns(s->task.loop) - s->began_ns) / 1e9;

	printf("Task %d %s: %.2f\n", s->number, what, seconds);
}

static enum step
sleeper_run(struct task *t)
{
	struct sleeper *s = container_of(t, struct sleeper, task);

	TASK_BEGIN(t);
	say(s, "start");
	YIELD(t, elapsed(s->sleep_ns));
	say(s, "end");
	TASK_END(t);
}

static const struct task_type sleeper_task = { .name = "sleeper", .run = sleeper_run };

int
main(void)
{
	struct sleeper sleepers[] = {
		{ .number = 1, .sleep_ns = SECONDS(3) },
		{ .number = 2, .sleep_ns = SECONDS(1) },
		{ .number = 3, .sleep_ns = SECONDS(2) },
	};
	struct loop *loop;

	if (loop_open(&loop, NULL) < 0)
		return EXIT_FAILURE;
	for (size_t i = 0; i < ARRAY_SIZE(sleepers); i++) {
		sleepers[i].began_ns = loop_now_ns(loop);
		if (task_start(loop, &sleepers[i].task, NULL, &sleeper_task, 0) < 0)
			return EXIT_FAILURE;
	}
	if (loop_run(loop) < 0)
		return EXIT_FAILURE;
	loop_close(loop);
	return EXIT_SUCCESS;
}
