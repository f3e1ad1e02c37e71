#include "stress/modes.h"

#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/util.h"
#include "stress/exchange.h"
#include "stress/push.h"
#include "stress/run.h"

#define SLOW_BYTES    4096 /* taken at once, every SLOW_NS */
#define SLOW_NS	      MILLISECONDS(10)
#define ABORT_WAIT_NS MILLISECONDS(1) /* between two connections */

/* Message after message until the run stops. */
static enum step
steady(struct task *t, struct client *c)
{
	TASK_BEGIN(t);
	c->quota = QUOTA_NONE;
	CALL(t, exchange(t, c));
	if (!c->failed)
		CALL(t, exchange_farewell(t, c));
	TASK_END(t);
}

/* One message for each connection. */
static enum step
churn(struct task *t, struct client *c)
{
	TASK_BEGIN(t);
	c->quota = 1;
	CALL(t, exchange(t, c));
	TASK_END(t);
}

/* As many messages as fit in flight, and FIN; everything comes back, and FIN. */
static enum step
halfclose(struct task *t, struct client *c)
{
	TASK_BEGIN(t);
	c->quota = (uint64_t)c->run->options->pipeline;
	c->fin_after = true;
	CALL(t, exchange(t, c));
	TASK_END(t);
}

/* One message, silence to the end of the run, one more message. */
static enum step
idle(struct task *t, struct client *c)
{
	TASK_BEGIN(t);
	c->quota = 1;
	CALL(t, exchange(t, c));
	while (!c->failed && !client_over(c))
		CALL(t, exchange_once(t, c));
	if (!c->failed) {
		c->quota = 1;
		c->last_word = true;
		CALL(t, exchange(t, c));
	}
	if (!c->failed)
		CALL(t, exchange_farewell(t, c));
	TASK_END(t);
}

/* As steady, but it takes little at a time, and rests in between. */
static enum step
slow(struct task *t, struct client *c)
{
	TASK_BEGIN(t);
	c->quota = QUOTA_NONE;
	c->read_most = SLOW_BYTES;
	push_now(c, clock_monotonic_ns());
	while (exchange_more(c)) {
		CALL(t, exchange_once(t, c));
		if (!c->run->stopping)
			YIELD(t, elapsed(SLOW_NS));
		else
			c->read_most = 0;
	}
	if (!c->failed)
		CALL(t, exchange_farewell(t, c));
	TASK_END(t);
}

/* close(2) will send RST, and throw away what is under way (socket(7)). */
static void
close_with_reset(struct client *c)
{
	struct linger now = { .l_onoff = 1 };

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	run_aborted(c->run, c->inflight);
	c->inflight = 0;
}

/*
 * Every second client resets its connections in mid-stream, right after sending
 * or when the answer begins to come; the others see whether they are served.
 */
static enum step
reset(struct task *t, struct client *c)
{
	TASK_BEGIN(t);
	if (c->number % 2 == 0) {
		CALL(t, steady(t, c));
		TASK_RETURN(t);
	}
	c->quota = (uint64_t)c->run->options->pipeline;
	push_now(c, clock_monotonic_ns());
	if (c->streams % 2 == 0 && exchange_more(c))
		CALL(t, exchange_once(t, c));
	if (!c->failed)
		close_with_reset(c);
	loop_close_fd(t->loop, &c->fd);
	YIELD(t, elapsed(ABORT_WAIT_NS));
	TASK_END(t);
}

static const struct mode modes[] = {
	{ .name = "steady",
	    .talk = steady,
	    .compares = true,
	    .paces = true,
	    .counts = true,
	    .size = 64,
	    .pipeline = 1 },
	{ .name = "churn",
	    .talk = churn,
	    .rounds = true,
	    .compares = true,
	    .paces = true,
	    .counts = true,
	    .size = 64,
	    .pipeline = 1 },
	{ .name = "halfclose",
	    .talk = halfclose,
	    .rounds = true,
	    .compares = true,
	    .counts = true,
	    .size = 64,
	    .pipeline = 1 },
	{ .name = "idle", .talk = idle, .size = 64, .pipeline = 1 },
	{ .name = "slow",
	    .talk = slow,
	    .patient = true,
	    .counts = true,
	    .receive_buffer = SLOW_BYTES,
	    .size = 16384,
	    .pipeline = 64 },
	{ .name = "abort", .talk = reset, .least = 2, .size = 1024, .pipeline = 16 },
};

const struct mode *
mode_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (strcmp(modes[i].name, name) == 0)
			return &modes[i];
	return NULL;
}
