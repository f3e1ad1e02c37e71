#include "fuzz/server.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "stress/dial.h"
#include "support/fake_clock.h"

#define FD	   900 /* no other descriptor has this number */
#define WAITS_MOST 100000

struct server server;

enum step __wrap_dial(struct task *t, struct dial *d);
ssize_t __wrap_send(int fd, const void *buf, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t room, int flags);
int __wrap_shutdown(int fd, int how);

void
server_open(struct fuzz in)
{
	server = (struct server){ .in = in, .connection = -1, .failure = FAILURES };
	server.damage = fuzz_number(&server.in, 1) % DAMAGES;
	if (server.damage != DAMAGE_NONE)
		server.connection = (int)fuzz_number(&server.in, 1) % 3 + 1;
	server.at = fuzz_number(&server.in, 2) % 2048;
	server.n = fuzz_number(&server.in, 1) % 32 + 1;
	server.bits = (uint8_t)(fuzz_number(&server.in, 1) % 255 + 1);
}

/* ---- what goes back ---- */

static void
give_back(const uint8_t *bytes, size_t n)
{
	REQUIRE(server.nback + n <= SERVER_MOST);
	memcpy(server.back + server.nback, bytes, n);
	server.nback += n;
}

static void
repeat(size_t n)
{
	if (n > server.nback)
		n = server.nback;
	give_back(server.back + server.nback - n, n);
}

/* The i-th byte, of which something is wrong: at the first, and at those behind it. */
static void
spoil(const uint8_t *byte, size_t i)
{
	size_t into = i - server.at;
	uint8_t other = *byte ^ server.bits;

	switch (server.damage) {
	case DAMAGE_FLIP:
		give_back(into == 0 ? &other : byte, 1);
		break;
	case DAMAGE_DROP:
		server.missing += into < server.n;
		give_back(byte, into >= server.n);
		break;
	case DAMAGE_REPEAT:
		give_back(byte, 1);
		if (into == 0)
			repeat(server.n);
		break;
	case DAMAGE_INSERT:
		for (size_t k = 0; into == 0 && k < server.n; k++)
			give_back(&other, 1);
		give_back(byte, 1);
		break;
	case DAMAGE_SWAP: /* it goes back behind the next one */
		give_back(byte, into > 0);
		if (into == 1)
			give_back(byte - 1, 1);
		server.missing = into == 0;
		break;
	default: /* nothing goes back any more */
		break;
	}
}

static void
echo(size_t from)
{
	for (size_t i = from; i < server.nsent; i++) {
		if (server.connections == server.connection && i >= server.at)
			spoil(&server.sent[i], i);
		else
			give_back(&server.sent[i], 1);
	}
	if (server.connections == server.connection && server.nsent >= server.at) {
		server.end = server.damage == DAMAGE_END;
		server.reset = server.damage == DAMAGE_RESET;
	}
}

/* ---- what the client must notice ---- */

static void
must_fail(enum failure kind)
{
	REQUIRE(server.failure == FAILURES); /* it would have to be gone by now */
	server.failure = kind;
	server.failed_connection = server.connections;
	server.offset = server.given;
}

/* It gets n bytes more: which one is the first that is not right? */
static void
judge(size_t n)
{
	size_t end = server.given + n;

	for (; server.given < end; server.given++)
		if (server.given >= server.nsent ||
		    server.back[server.given] != server.sent[server.given])
			break;
	if (server.given == end)
		return;
	must_fail(FAILURE_MISMATCH);
	server.wrong = end - server.offset;
	memcpy(server.got, server.back + server.offset, server.wrong);
	if (server.nsent > server.offset) {
		server.due = server.nsent - server.offset;
		memcpy(server.expected, server.sent + server.offset, server.due);
	}
	server.given = end;
}

static bool
has_failed(void)
{
	return server.failure != FAILURES &&
	    server.failed_connection == server.connections;
}

/* ---- the calls ---- */

/* The connection is gone. */
void
server_close(void)
{
	if (server.missing > 0 && !has_failed())
		must_fail(FAILURE_TIMEOUT);
	REQUIRE(!server.fin || server.heard_out || has_failed());
}

enum step
__wrap_dial(struct task *t, struct dial *d)
{
	(void)t;
	server_close();
	server.connections++;
	server.nsent = server.nback = server.given = server.missing = 0;
	server.fin = server.end = server.reset = server.heard_out = false;
	d->fd = FD;
	d->err = 0;
	d->took_ns = 0;
	return STEP_DONE;
}

/* Some of n, mostly not all; 0: not now. */
static size_t
some(size_t n)
{
	size_t most = fuzz_number(&server.in, 1);

	if (server.in.size == 0 || most > 250)
		return n;
	return most < n ? most : n;
}

ssize_t
__wrap_send(int fd, const void *buf, size_t size, int flags)
{
	size_t n = some(size), from = server.nsent;

	REQUIRE(fd == FD && flags == MSG_NOSIGNAL && size > 0);
	REQUIRE(!server.fin);
	if (n == 0) {
		errno = size % 2 ? EAGAIN : EINTR;
		return -1;
	}
	REQUIRE(server.nsent + n <= SERVER_MOST);
	memcpy(server.sent + server.nsent, buf, n);
	server.nsent += n;
	server.total += n;
	if (!server.end && !server.reset)
		echo(from);
	return (ssize_t)n;
}

ssize_t
__wrap_recv(int fd, void *buf, size_t room, int flags)
{
	size_t left = server.nback - server.given;
	size_t n = some(left < room ? left : room);

	REQUIRE(fd == FD && flags == 0 && room > 0);
	REQUIRE(!has_failed());
	if (n > 0) {
		memcpy(buf, server.back + server.given, n);
		judge(n);
		return (ssize_t)n;
	}
	if (left == 0 && server.reset) {
		must_fail(FAILURE_RESET);
		errno = ECONNRESET;
		return -1;
	}
	if (left == 0 && (server.fin || server.end)) {
		if (!server.fin || server.given != server.nsent)
			must_fail(FAILURE_EOF);
		server.heard_out = true;
		return 0;
	}
	errno = left % 2 ? EAGAIN : EINTR;
	return -1;
}

int
__wrap_shutdown(int fd, int how)
{
	REQUIRE(fd == FD && how == SHUT_WR && !server.fin);
	server.fin = true;
	return 0;
}

/* ---- the poller ---- */

static int
server_poller_open(struct poller **ret)
{
	*ret = NULL; /* all is in the server */
	return 0;
}

static void
server_poller_close(struct poller *p)
{
	(void)p;
}

static int
server_watch(struct poller *p, int fd, unsigned want)
{
	(void)p;
	REQUIRE(fd == FD);
	server.watched = want;
	return 0;
}

/* There is an end to the pieces, so it is never late by as much as a second. */
static int
server_wait(struct poller *p, struct poller_event *events, int room, int64_t timeout_ns)
{
	unsigned ready = IO_WRITE;

	(void)p;
	REQUIRE(room > 0 && ++server.waits < WAITS_MOST);
	if (server.given < server.nback || server.fin || server.end || server.reset)
		ready |= IO_READ;
	ready &= server.watched;
	if (ready != 0) {
		fake_clock_advance(MICROSECONDS(fuzz_number(&server.in, 1) % 128));
		events[0] = (struct poller_event){ FD, ready };
		return 1;
	}
	REQUIRE(timeout_ns >= 0); /* or it would never end */
	fake_clock_advance(timeout_ns);
	return 0;
}

const struct poller_ops poller_server = {
	.name = "server",
	.open = server_poller_open,
	.close = server_poller_close,
	.watch = server_watch,
	.wait = server_wait,
};
