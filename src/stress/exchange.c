#include "stress/exchange.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "stress/run.h"
#include "stress/stream.h"
#include "stress/wrong.h"

#define DEBT_NS	    SECONDS(5) /* of messages that are due: more is given up */
#define SEND_MOST   65536      /* bytes made and sent at once */
#define FAREWELL_NS SECONDS(1)

void
exchange_fail(struct client *c, enum failure kind, const char *format, ...)
{
	char text[FAILURE_TEXT];
	va_list args;

	c->failed = true;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	run_fail(c->run, kind, "connection %" PRIu32 ": %s", c->number, text);
}

/* ---- out ---- */

/* May it ever begin another message on this connection? */
static bool
may_begin_later(const struct client *c)
{
	const struct run *r = c->run;

	return c->quota > 0 && c->fd >= 0 && !c->failed &&
	    (c->last_word || (!r->stopping && r->budget > 0));
}

static bool
may_begin_now(const struct client *c)
{
	const struct run *r = c->run;

	return may_begin_later(c) && c->inflight < r->options->pipeline &&
	    !r->holding && !(r->gathering && c->served);
}

void
exchange_give_up(struct client *c, int64_t before_ns)
{
	struct figures *f = c->run->figures;

	/* What was due during the warm-up does not count. */
	pacer_give_up(&c->pacer, before_ns < f->from_ns ? before_ns : f->from_ns);
	f->late += pacer_give_up(&c->pacer, before_ns);
}

bool
exchange_will_be_due(const struct client *c)
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
	exchange_give_up(c, now_ns - DEBT_NS);
	return exchange_will_be_due(c) && pacer_take(&c->pacer, now_ns, due_ns);
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

static void
begin_message(struct client *c, int64_t due_ns, int64_t now_ns)
{
	struct run *r = c->run;
	uint32_t slot = c->first + c->inflight;

	if (slot >= r->options->pipeline)
		slot -= (uint32_t)r->options->pipeline;
	c->issued += next_size(c);
	c->flight[slot] = (struct message){ due_ns, now_ns, c->issued };
	c->inflight++;
	c->quota--;
	r->inflight++;
	if (--r->budget == 0)
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
	size_t room;
	char *buf = loop_buffer(c->run->loop, &room);

	room = room < SEND_MOST ? room : SEND_MOST;
	while (unsent(c)) {
		size_t len = c->issued - c->sent < room ? c->issued - c->sent : room;
		ssize_t n;

		stream_fill(c->seed, c->sent, buf, len);
		n = send(c->fd, buf, len, MSG_NOSIGNAL);
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

static void
send_fin(struct client *c)
{
	if (c->fin_sent || c->sent < c->issued || shutdown(c->fd, SHUT_WR) < 0)
		return;
	c->fin_sent = true;
	c->read_ns = clock_monotonic_ns();
}

void
exchange_push(struct client *c, int64_t now_ns)
{
	bool scheduled = c->run->options->rate > 0;
	int64_t due_ns;

	while (may_begin_now(c) && take_due(c, now_ns, &due_ns))
		begin_message(c, due_ns, now_ns);
	if (unsent(c))
		send_some(c);
	if (c->fin_after && !may_begin_later(c))
		send_fin(c);
	if (c->writer_rests && (scheduled || unsent(c)))
		task_wake(&c->writer);
}

struct wait
exchange_writer_wait(struct client *c)
{
	bool scheduled = c->run->options->rate > 0;

	c->writer_rests = false;
	if (unsent(c))
		return writable(c->fd);
	if (scheduled && may_begin_now(c) && exchange_will_be_due(c))
		return elapsed(c->pacer.next_ns - clock_monotonic_ns());
	c->writer_rests = true;
	return woken();
}

/* ---- in ---- */

static void
answered(struct client *c, int64_t now_ns)
{
	struct run *r = c->run;
	const struct message *m = &c->flight[c->first];

	if (!r->mode->patient && now_ns - m->sent_ns > r->options->timeout_ns) {
		wrong_late(c, now_ns);
		return;
	}
	figures_message(r->figures, m->due_ns, m->sent_ns, now_ns);
	if (++c->first == r->options->pipeline)
		c->first = 0;
	c->inflight--;
	if (--r->inflight == 0 && (r->holding || r->stopping))
		run_settled(r);
	if (!c->served)
		run_client_served(r, c);
}

/* n bytes have come. */
static void
take(struct client *c, const char *buf, size_t n)
{
	int64_t now_ns = clock_monotonic_ns();
	uint64_t owed = c->sent - c->received;
	size_t due = n < owed ? n : (size_t)owed;
	size_t right = stream_check(c->seed, c->received, buf, due);

	c->run->figures->bytes_received += n;
	c->received += right;
	c->read_ns = now_ns;
	while (c->inflight > 0 && c->flight[c->first].end <= c->received && !c->failed)
		answered(c, now_ns);
	if (c->failed)
		return;
	if (right < n) {
		wrong_bytes(c, buf + right, due - right, n - right);
		return;
	}
	exchange_push(c, now_ns);
}

static void
read_some(struct client *c)
{
	size_t room;
	char *buf = loop_buffer(c->run->loop, &room);
	ssize_t n;

	if (c->read_most > 0 && c->read_most < room)
		room = c->read_most;
	n = recv(c->fd, buf, room, 0);
	if (n > 0)
		take(c, buf, (size_t)n);
	else if (n == 0)
		wrong_eof(c);
	else if (errno != EAGAIN && errno != EINTR)
		wrong_errno(c, errno);
}

/* Since when has something been awaited? */
static int64_t
waiting_since(const struct client *c, int64_t now_ns)
{
	if (c->inflight > 0)
		return c->run->mode->patient && c->read_ns > c->flight[c->first].sent_ns
		    ? c->read_ns
		    : c->flight[c->first].sent_ns;
	return c->fin_sent ? c->read_ns : now_ns;
}

/*
 * The task's own idle limit costs nothing, but counts from the last event; when
 * it has come true, what is left of an answer's time is waited for exactly.
 */
static struct wait
answer(const struct client *c)
{
	int64_t now_ns;

	if (!c->hurry)
		return readable(c->fd);
	now_ns = clock_monotonic_ns();
	return within(readable(c->fd),
	    waiting_since(c, now_ns) + c->run->options->timeout_ns - now_ns);
}

/* The wait is over. */
static void
go_on(struct client *c)
{
	int64_t now_ns;

	switch ((enum wake)c->reader.woke) {
	case WAKE_READY:
		c->hurry = false;
		read_some(c);
		break;
	case WAKE_TIMEOUT:
		c->hurry = true;
		now_ns = clock_monotonic_ns();
		if (now_ns - waiting_since(c, now_ns) >= c->run->options->timeout_ns)
			wrong_late(c, now_ns);
		break;
	case WAKE_CANCEL:
		c->failed = true;
		break;
	case WAKE_ERROR:
		wrong_errno(c, c->reader.err);
		break;
	}
}

bool
exchange_more(const struct client *c)
{
	if (c->failed)
		return false;
	if (c->fin_after)
		return !c->eof;
	return c->inflight > 0 || may_begin_later(c);
}

enum step
exchange(struct task *t, struct client *c)
{
	TASK_BEGIN(t);
	exchange_push(c, clock_monotonic_ns());
	while (exchange_more(c)) {
		YIELD(t, answer(c));
		go_on(c);
	}
	TASK_END(t);
}

enum step
exchange_once(struct task *t, struct client *c)
{
	TASK_BEGIN(t);
	YIELD(t, answer(c));
	go_on(c);
	TASK_END(t);
}

enum step
exchange_farewell(struct task *t, struct client *c)
{
	TASK_BEGIN(t);
	c->fin_after = true;
	send_fin(c);
	while (c->fin_sent && !c->eof && !c->failed) {
		YIELD(t,
		    within(readable(c->fd),
			c->read_ns + FAREWELL_NS - clock_monotonic_ns()));
		if (t->woke != WAKE_READY)
			break;
		read_some(c);
	}
	TASK_END(t);
}
