#include "fuzz/conductor.h"

#include "base/util.h"
#include "support/fake_clock.h"

struct figures *__wrap_figures_new(void);
int64_t __wrap_clock_monotonic_ns(void);

/* They are large: one is enough, and to give it back each time takes too long. */
struct figures *
__wrap_figures_new(void)
{
	static struct figures figures;

	memset(&figures, 0, sizeof(figures));
	return &figures;
}

int64_t
__wrap_clock_monotonic_ns(void)
{
	return fake_clock_ns();
}

static enum step
conduct(struct task *t)
{
	struct run *r = &container_of(t, struct conductor, task)->run;

	TASK_BEGIN(t);
	REQUIRE(run_start(r, t) == 0);
	run_count(r);
	while (!run_is_settled(r))
		YIELD(t, woken());
	run_stop(r);
	YIELD(t, joined(&r->readers));
	run_end(r);
	TASK_END(t);
}

static const struct task_type conductor_task = { .name = "conductor", .run = conduct };

void
conductor_run(struct conductor *c, const struct options *options, struct target *target,
    const struct poller_ops *backend)
{
	struct loop_options loop_options = {
		.backend = backend,
		.now_ns = fake_clock_ns,
		.buffer_size = 1024,
	};

	fake_clock_reset();
	REQUIRE(loop_open(&c->loop, &loop_options) == 0);
	REQUIRE(run_init(&c->run, c->loop, options, target) == 0);
	REQUIRE(task_start(c->loop, &c->task, NULL, &conductor_task, 0) == 0);
	REQUIRE(loop_run(c->loop) == 0);
}

void
conductor_release(struct conductor *c)
{
	c->run.figures = NULL;
	run_release(&c->run);
	loop_close(c->loop);
}
