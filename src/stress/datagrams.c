#include "stress/datagrams.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "stress/exchange.h"
#include "stress/ledger.h"
#include "stress/push.h"
#include "stress/run.h"
#include "stress/stream.h"

#define NUMBER_SIZE 8
#define FAREWELL_NS MILLISECONDS(50) /* for what comes behind the last answer */

/* ---- what has become of them ---- */

/* One less is in flight. */
static void
settled(struct client *c)
{
	struct run *r = c->run;

	c->inflight--;
	if (--r->inflight == 0)
		run_settled(r);
	if (!c->served)
		run_client_served(r, c);
}

static void
answered(struct client *c, struct datagram *d, int64_t now_ns)
{
	struct run *r = c->run;
	struct figures *f = r->figures;
	int64_t due_ns = d->due_ns;

	figures_message(f, due_ns, d->sent_ns, now_ns);
	f->udp.reordered += ledger_answer(c->ledger, d, now_ns);
	if (due_ns >= f->from_ns)
		f->udp.jitter_sum_ns += c->ledger->jitter_ns;
	c->refusals = 0;
	r->connected = true;
	settled(c);
}

static void
lost(struct client *c, struct datagram *d)
{
	struct run *r = c->run;

	if (d->due_ns >= r->figures->from_ns)
		r->figures->udp.lost++;
	run_fail(r, FAILURE_TIMEOUT,
	    "connection %" PRIu32 ": datagram %" PRIu64 ": no answer within %g s",
	    c->number, d->number, (double)r->options->timeout_ns / 1e9);
	ledger_lose(c->ledger, d);
	settled(c);
}

/* The oldest one in flight that has been sent, or NULL. */
static struct datagram *
oldest(const struct client *c)
{
	struct datagram *d = TAILQ_FIRST(&c->ledger->in_flight);

	return d == c->unsent ? NULL : d;
}

static bool
is_overdue(const struct client *c, const struct datagram *d, int64_t now_ns)
{
	return now_ns - d->sent_ns > c->run->options->timeout_ns;
}

static void
give_up_overdue(struct client *c, int64_t now_ns)
{
	struct datagram *d;

	while ((d = oldest(c)) != NULL && is_overdue(c, d, now_ns))
		lost(c, d);
}

/* ---- in ---- */

/* The number of the first that has not been sent, be it in the books or not. */
static uint64_t
first_unsent(const struct client *c)
{
	return c->unsent != NULL ? c->unsent->number : c->ledger->next;
}

/* One came that is none of those under way. */
static void
take_other(struct client *c, uint64_t number, uint64_t mask, const char *buf, size_t n)
{
	struct run *r = c->run;
	struct udp_figures *udp = &r->figures->udp;
	uint64_t offset = DATAGRAM_OFFSET(number) + DATAGRAM_HEADER;
	size_t rest = n > DATAGRAM_HEADER ? n - DATAGRAM_HEADER : 0;

	if (n == 0 || (number & mask) >= first_unsent(c) ||
	    stream_check(c->seed, offset, buf + DATAGRAM_HEADER, rest) < rest) {
		udp->corrupt++;
		run_fail(r, FAILURE_MISMATCH,
		    "connection %" PRIu32 ": %zu bytes came that are none of those "
		    "sent",
		    c->number, n);
	} else if (ledger_take_lost(c->ledger, number, mask)) {
		udp->late++;
	} else {
		udp->duplicated++;
		run_fail(r, FAILURE_MISMATCH,
		    "connection %" PRIu32 ": datagram %" PRIu64
		    ": a second answer came",
		    c->number, number);
	}
}

static void
tell_corrupt(struct client *c, const struct datagram *d, const char *buf, size_t n,
    const char *right)
{
	size_t at = 0;

	if (n != d->size) {
		run_fail(c->run, FAILURE_MISMATCH,
		    "connection %" PRIu32 ": datagram %" PRIu64
		    ": %zu bytes came back of %" PRIu32,
		    c->number, d->number, n, d->size);
		return;
	}
	while (buf[at] == right[at])
		at++;
	run_fail(c->run, FAILURE_MISMATCH,
	    "connection %" PRIu32 ": datagram %" PRIu64
	    ": offset %zu: got 0x%02x, expected 0x%02x",
	    c->number, d->number, at, (unsigned char)buf[at], (unsigned char)right[at]);
}

/* n bytes have come; right: room for as many. */
static void
take(struct client *c, const char *buf, size_t n, char *right)
{
	size_t part = n < NUMBER_SIZE ? n : NUMBER_SIZE;
	uint64_t number = 0, mask = UINT64_MAX;
	int64_t now_ns = clock_monotonic_ns();
	struct datagram *d;

	memcpy(&number, buf, part);
	number = le64toh(number);
	if (part < NUMBER_SIZE)
		mask = (UINT64_C(1) << part * 8) - 1;

	c->run->figures->bytes_received += n;
	give_up_overdue(c, now_ns);
	d = n > 0 ? ledger_find(c->ledger, number, mask) : NULL;
	if (d == NULL || d->number >= first_unsent(c)) {
		take_other(c, number, mask, buf, n);
		return;
	}
	datagrams_write(c, d, right);
	if (n == d->size && memcmp(buf, right, n) == 0) {
		answered(c, d, now_ns);
		return;
	}
	c->run->figures->udp.corrupt++;
	tell_corrupt(c, d, buf, n, right);
	ledger_strike(c->ledger, d);
	settled(c);
}

/* It is of no more use.  What is in flight will not be answered. */
static void
broken(struct client *c, int err)
{
	c->dial.err = err;
	c->failed = true;
}

/* Take as many as may have come. */
static void
read_some(struct client *c)
{
	uint32_t most = c->inflight > 0 ? c->inflight : 1;
	struct loop_buffer buf = loop_buffer(c->run->loop);

	while (most-- > 0) {
		ssize_t n = recv(c->fd, buf.data, buf.size / 2, 0);

		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				broken(c, errno);
			return;
		}
		take(c, buf.data, (size_t)n, buf.data + buf.size / 2);
	}
}

/* ---- the mode ---- */

/* With nothing in flight there is no hurry, and the idle limit does. */
static struct wait
answer(const struct client *c)
{
	const struct datagram *d = oldest(c);

	if (d == NULL)
		return readable(c->fd);
	return within(readable(c->fd),
	    d->sent_ns + c->run->options->timeout_ns + 1 - clock_monotonic_ns());
}

static void
go_on(struct client *c)
{
	enum wake woke = (enum wake)c->reader.woke;
	int64_t now_ns;

	if (woke == WAKE_READY)
		read_some(c);
	else if (woke == WAKE_CANCEL)
		c->failed = true;
	else if (woke == WAKE_ERROR)
		broken(c, c->reader.err);
	if (c->failed)
		return;
	now_ns = clock_monotonic_ns();
	give_up_overdue(c, now_ns);
	push_now(c, now_ns);
	if (c->send_err != 0)
		broken(c, c->send_err);
}

static enum step
talk(struct task *t, struct client *c)
{
	TASK_BEGIN(t);
	ledger_clear(c->ledger);
	c->unsent = NULL;
	c->quota = QUOTA_NONE;
	push_now(c, clock_monotonic_ns());
	while (exchange_more(c)) {
		YIELD(t, answer(c));
		go_on(c);
	}
	c->read_ns = clock_monotonic_ns();
	while (!c->failed && clock_monotonic_ns() < c->read_ns + FAREWELL_NS) {
		YIELD(t,
		    within(readable(c->fd),
			c->read_ns + FAREWELL_NS - clock_monotonic_ns()));
		if (t->woke != WAKE_READY)
			break;
		read_some(c);
	}
	TASK_END(t);
}

const struct mode datagrams_mode = {
	.name = "steady",
	.talk = talk,
	.compares = true,
	.paces = true,
	.counts = true,
	.size = 64,
	.pipeline = 1,
};
