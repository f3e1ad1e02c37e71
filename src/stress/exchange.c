#include "stress/exchange.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "stress/push.h"
#include "stress/run.h"
#include "stress/stream.h"
#include "stress/wrong.h"

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

/* ---- what comes in ---- */

/* Has the oldest message been in flight for too long? */
static bool
overdue(const struct client *c, int64_t now_ns)
{
	const struct run *r = c->run;

	return c->inflight > 0 && !r->mode->patient &&
	    now_ns - c->flight[c->first].sent_ns > r->options->timeout_ns;
}

/* All of the oldest message is back. */
static void
answered(struct client *c, int64_t now_ns)
{
	struct run *r = c->run;
	const struct message *m = &c->flight[c->first];

	figures_message(r->figures, m->due_ns, m->sent_ns, now_ns);
	if (++c->first == r->options->pipeline)
		c->first = 0;
	c->inflight--;
	if (--r->inflight == 0)
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
	while (c->inflight > 0 && c->flight[c->first].end <= c->received &&
	    !overdue(c, now_ns))
		answered(c, now_ns);
	if (right < n)
		wrong_bytes(c, buf + right, due - right, n - right);
	else if (overdue(c, now_ns))
		wrong_late(c, now_ns);
	else
		push_now(c, now_ns);
}

static void
read_some(struct client *c)
{
	struct loop_buffer buf = loop_buffer(c->run->loop);
	bool sips = c->read_most > 0 && c->read_most < buf.size;
	ssize_t n = recv(c->fd, buf.data, sips ? c->read_most : buf.size, 0);

	if (n > 0)
		take(c, buf.data, (size_t)n);
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
	return c->inflight > 0 || push_may_go_on(c);
}

enum step
exchange(struct task *t, struct client *c)
{
	TASK_BEGIN(t);
	push_now(c, clock_monotonic_ns());
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
	push_fin(c);
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
