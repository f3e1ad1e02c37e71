#include "stress/push.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "stress/datagrams.h"
#include "stress/run.h"
#include "stress/stream.h"

#define DEBT_NS	  SECONDS(5) /* of messages that are due: more is given up */
#define SEND_MOST 65536	     /* bytes made and sent at once */

bool
push_may_go_on(const struct client *c)
{
	const struct run *r = c->run;

	return c->quota > 0 && c->fd >= 0 && !c->failed &&
	    (c->last_word || (!r->stopping && r->budget > 0));
}

static bool
may_begin(const struct client *c)
{
	const struct run *r = c->run;

	return push_may_go_on(c) && c->inflight < r->options->pipeline && !r->holding &&
	    !(r->gathering && c->served);
}

void
push_give_up(struct client *c, int64_t before_ns)
{
	struct figures *f = c->run->figures;

	/* What was due during the warm-up does not count. */
	pacer_give_up(&c->pacer, before_ns < f->from_ns ? before_ns : f->from_ns);
	f->late += pacer_give_up(&c->pacer, before_ns);
}

bool
push_will_be_due(const struct client *c)
{
	return c->pacer.next_ns < c->run->until_ns;
}

/* Is a message due?  Without a schedule one always is. */
static bool
take_due(struct client *c, int64_t now_ns, int64_t *due_ns)
{
	*due_ns = now_ns;
	if (c->run->options->rate == 0)
		return true;
	push_give_up(c, now_ns - DEBT_NS);
	return push_will_be_due(c) && pacer_take(&c->pacer, now_ns, due_ns);
}

static uint64_t
next_size(const struct client *c)
{
	const struct options *o = c->run->options;
	uint64_t span = (uint64_t)(o->size_max - o->size_min);

	if (span == 0)
		return (uint64_t)o->size_min;
	return (uint64_t)o->size_min + stream_mix(c->seed ^ c->issued) % (span + 1);
}

static struct message *
free_slot(const struct client *c)
{
	uint32_t room = (uint32_t)c->run->options->pipeline;
	uint32_t slot = c->first + c->inflight;

	return &c->flight[slot < room ? slot : slot - room];
}

static void
begin_message(struct client *c, int64_t due_ns, int64_t now_ns)
{
	struct run *r = c->run;
	uint64_t size = next_size(c);

	c->issued += size;
	if (r->target->udp)
		datagrams_begin(c, due_ns, (uint32_t)size);
	else
		*free_slot(c) = (struct message){ due_ns, now_ns, c->issued };
	c->inflight++;
	c->quota--;
	r->inflight++;
	if (due_ns >= r->figures->from_ns && --r->budget == 0)
		run_settled(r);
}

static bool
unsent(const struct client *c)
{
	return c->sent < c->issued && c->send_err == 0;
}

/* Hand the socket what it takes; the bytes are made as they go. */
static void
send_some(struct client *c)
{
	struct loop_buffer buf = loop_buffer(c->run->loop);
	size_t room = buf.size < SEND_MOST ? buf.size : SEND_MOST;

	while (unsent(c)) {
		size_t len = c->issued - c->sent < room ? c->issued - c->sent : room;
		ssize_t n;

		stream_fill(c->seed, c->sent, buf.data, len);
		n = send(c->fd, buf.data, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			c->send_err = errno; /* the reader meets it too, and tells */
		if (n < 0)
			return;
		c->sent += (uint64_t)n;
		c->run->figures->bytes_sent += (uint64_t)n;
		if ((size_t)n < len)
			return;
	}
}

void
push_fin(struct client *c)
{
	if (c->fin_sent || c->sent < c->issued || shutdown(c->fd, SHUT_WR) < 0)
		return;
	c->fin_sent = true;
	c->read_ns = clock_monotonic_ns();
}

void
push_now(struct client *c, int64_t now_ns)
{
	bool scheduled = c->run->options->rate > 0;
	int64_t due_ns;

	while (may_begin(c) && take_due(c, now_ns, &due_ns))
		begin_message(c, due_ns, now_ns);
	if (unsent(c) && c->run->target->udp)
		datagrams_send(c);
	else if (unsent(c))
		send_some(c);
	if (c->fin_after && !push_may_go_on(c))
		push_fin(c);
	if (c->writer_rests && (scheduled || unsent(c)))
		task_wake(&c->writer);
}

struct wait
push_wait(struct client *c)
{
	bool scheduled = c->run->options->rate > 0;

	c->writer_rests = false;
	if (unsent(c))
		return writable(c->fd);
	if (scheduled && may_begin(c) && push_will_be_due(c))
		return elapsed(c->pacer.next_ns - clock_monotonic_ns());
	c->writer_rests = true;
	return woken();
}
