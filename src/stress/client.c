#include "stress/client.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "stress/datagrams.h"
#include "stress/ledger.h"
#include "stress/push.h"
#include "stress/run.h"
#include "stress/stream.h"

#define RETRY_NS     MILLISECONDS(100) /* after a failure */
#define REFUSALS_MAX 10		       /* in a row, before the slot is given up */

bool
client_over(const struct client *c)
{
	return c->given_up || c->run->stopping || c->run->budget == 0;
}

/* ---- connecting ---- */

/* Its start is over, one way or the other. */
static void
served(struct client *c)
{
	if (!c->served)
		run_client_served(c->run, c);
}

/* In a mode of rounds, when may the next one begin? */
static struct wait
turn(const struct client *c)
{
	if (c->run->holding || !push_will_be_due(c))
		return woken();
	return elapsed(c->pacer.next_ns - clock_monotonic_ns());
}

static bool
has_turn(const struct client *c)
{
	const struct run *r = c->run;

	if (!r->mode->rounds)
		return true;
	if (r->holding)
		return false;
	if (r->options->rate == 0)
		return true;
	return push_will_be_due(c) && c->pacer.next_ns <= clock_monotonic_ns();
}

static void
prepare_dial(struct client *c)
{
	const struct run *r = c->run;

	c->dial = (struct dial){
		.to = r->target->addrs[r->target->in_use],
		.path = r->target->path,
		.datagrams = r->target->udp,
		.limit_ns = r->options->timeout_ns,
		.receive_buffer = r->mode->receive_buffer,
	};
	if (r->target->udp)
		c->dial.receive_buffer = datagrams_receive_buffer(r->options);
	if (r->options->source.count > 0)
		c->dial.from = source_nth(&r->options->source, c->number);
}

/* A name may have addresses where nobody listens: go on to the next one. */
static bool
another_address(struct client *c)
{
	struct target *target = c->run->target;

	if (!addr_equal(&c->dial.to, &target->addrs[target->in_use]))
		return true; /* someone else has found that out already */
	if (c->run->connected || target->in_use + 1 >= target->naddrs)
		return false;
	target->in_use++;
	return true;
}

static void
not_connected(struct client *c)
{
	enum failure kind = failure_of(c->dial.err);
	char to[ADDR_TEXT];

	if (c->dial.err == ECANCELED)
		return;
	run_fail(c->run, kind, "connection %" PRIu32 ": cannot connect to %s: %s%s",
	    c->number, target_where(c->run->target, to),
	    kind == FAILURE_TIMEOUT ? "no answer" : strerror(c->dial.err),
	    kind == FAILURE_BIND ? " (--source spreads over more addresses)" : "");
	c->refusals++;
	c->given_up = c->refusals >= REFUSALS_MAX || !c->run->connected;
	served(c);
}

static void
connected(struct client *c)
{
	struct run *r = c->run;

	c->fd = c->dial.fd;
	if (!r->target->udp)
		c->refusals = 0; /* else the first answer tells */
	c->seed = stream_seed((uint64_t)r->options->seed, c->number, c->streams++);
	run_connected(r, c->dial.took_ns);
	if (r->holding || r->options->rate > 0)
		served(c); /* its first message may be due much later */
}

static void
hang_up(struct client *c)
{
	struct run *r = c->run;

	loop_close_fd(r->loop, &c->fd);
	run_disconnected(r, c->inflight);
	served(c);
	c->issued = c->sent = c->received = 0;
	c->quota = 0;
	c->send_err = 0;
	c->first = c->inflight = 0;
	c->fin_after = c->fin_sent = c->eof = c->last_word = c->hurry = false;
}

/* ---- the two tasks ---- */

static enum step
reader_run(struct task *t)
{
	struct client *c = container_of(t, struct client, reader);

	TASK_BEGIN(t);
	while (!client_over(c)) {
		if (!has_turn(c)) {
			served(c);
			YIELD(t, turn(c));
			continue;
		}
		prepare_dial(c);
		CALL(t, dial(t, &c->dial));
		c->failed = c->dial.err != 0;
		if (!c->failed) {
			connected(c);
			CALL(t, c->run->mode->talk(t, c));
			hang_up(c);
		}
		if (c->dial.err != 0 && another_address(c))
			continue;
		if (c->dial.err != 0)
			not_connected(c);
		if (c->failed && !client_over(c))
			YIELD(t, elapsed(RETRY_NS));
	}
	TASK_END(t);
}

static enum step
writer_run(struct task *t)
{
	struct client *c = container_of(t, struct client, writer);

	TASK_BEGIN(t);
	while (t->woke != WAKE_CANCEL) {
		YIELD(t, push_wait(c));
		if (t->woke == WAKE_ERROR && t->err != EBADF)
			c->send_err = t->err; /* it cannot be waited for */
		push_now(c, clock_monotonic_ns());
	}
	TASK_END(t);
}

static void
reader_finished(struct task *t)
{
	struct client *c = container_of(t, struct client, reader);

	run_client_gone(c->run);
}

static const struct task_type reader_task = {
	.name = "reader",
	.run = reader_run,
	.finished = reader_finished,
};

static const struct task_type writer_task = { .name = "writer", .run = writer_run };

/* ---- its life ---- */

int
client_init(struct client *c, struct run *run, uint32_t number)
{
	uint32_t room = (uint32_t)run->options->pipeline;

	c->run = run;
	c->number = number;
	c->fd = -1;
	if (run->target->udp) {
		c->ledger = malloc(sizeof(*c->ledger));
		return c->ledger != NULL ? ledger_init(c->ledger, room) : -ENOMEM;
	}
	c->flight = calloc(room, sizeof(*c->flight));
	return c->flight != NULL ? 0 : -ENOMEM;
}

void
client_release(struct client *c)
{
	free(c->flight);
	if (c->ledger != NULL)
		ledger_release(c->ledger);
	free(c->ledger);
}

int
client_start(struct client *c)
{
	struct run *r = c->run;
	const struct options *o = r->options;
	int64_t from_ns = o->ramp_ns > 0 ? loop_now_ns(r->loop) : r->began_ns;
	int err;

	if (o->rate > 0)
		pacer_init(&c->pacer, from_ns, o->rate, r->nclients, c->number);
	err = task_start(r->loop, &c->writer, &r->writers, &writer_task, 0);
	if (err == 0)
		err = task_start(r->loop, &c->reader, &r->readers, &reader_task,
		    o->timeout_ns);
	return err;
}

void
client_nudge(struct client *c)
{
	task_wake(&c->reader);
	task_wake(&c->writer);
	if (c->fd >= 0)
		push_now(c, clock_monotonic_ns());
}
