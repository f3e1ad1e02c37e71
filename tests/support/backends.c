#include "support/backends.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/util.h"
#include "support/fake_clock.h"
#include "support/script.h"

/* What the kernel may take to carry bytes over loopback. */
#define GRACE_NS MILLISECONDS(2)

static int64_t grace_ns; /* for the backend, before the fake clock moves */
static int waits;

/* ---- the real backends, on the fake clock ---- */

static int
wait_on_fake_clock(const struct poller_ops *real, struct poller *p,
    struct poller_event *events, int room, int64_t timeout_ns)
{
	int n = real->wait(p, events, room, timeout_ns != 0 ? grace_ns : 0);

	waits++;
	if (n != 0 || timeout_ns == 0)
		return n;
	if (timeout_ns < 0)
		ck_abort_msg("the loop would sleep for ever");
	fake_clock_advance(timeout_ns);
	return 0;
}

static int
wait_select(struct poller *p, struct poller_event *events, int room, int64_t timeout_ns)
{
	return wait_on_fake_clock(&poller_select, p, events, room, timeout_ns);
}

static int
wait_epoll(struct poller *p, struct poller_event *events, int room, int64_t timeout_ns)
{
	return wait_on_fake_clock(poller_find("epoll"), p, events, room, timeout_ns);
}

/* ---- all of them ---- */

static struct poller_ops backends[3];
static int count;

static void
add(const struct poller_ops *real,
    int (*wait)(struct poller *, struct poller_event *, int, int64_t))
{
	if (real == NULL)
		return; /* not in this build */
	backends[count] = *real;
	backends[count].wait = wait;
	count++;
}

int
backends_count(void)
{
	if (count == 0) {
		add(&poller_select, wait_select);
		add(poller_find("epoll"), wait_epoll);
		add(&poller_scripted, poller_scripted.wait);
	}
	return count;
}

int
backends_scripted(void)
{
	return backends_count() - 1;
}

int
backends_waits(void)
{
	return waits;
}

const struct poller_ops *
backends_at(int i)
{
	ck_assert_int_lt(i, backends_count());
	return &backends[i];
}

struct loop *
backends_open_loop(int i, int64_t spin_ns)
{
	struct loop_options options = {
		.backend = backends_at(i),
		.now_ns = fake_clock_ns,
		.spin_ns = spin_ns,
	};
	struct loop *loop;

	fake_clock_reset();
	grace_ns = 0;
	waits = 0;
	ck_assert_int_eq(loop_open(&loop, &options), 0);
	return loop;
}

struct loop *
backends_open_net_loop(int i)
{
	struct loop *loop = backends_open_loop(i, 0);

	grace_ns = GRACE_NS;
	return loop;
}

/* ---- channels ---- */

void
channel_open(struct channel *c, struct loop *loop)
{
	int ends[2];

	c->scripted = strcmp(loop_backend(loop), poller_scripted.name) == 0;
	if (c->scripted) {
		c->fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		c->peer = -1;
		ck_assert_int_ge(c->fd, 0);
		script_set(c->fd, IO_WRITE);
		return;
	}
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			     0, ends),
	    0);
	c->fd = ends[0];
	c->peer = ends[1];
}

void
channel_make_readable(struct channel *c)
{
	if (c->scripted)
		script_set(c->fd, script_ready(c->fd) | IO_READ);
	else
		ck_assert_int_eq(send(c->peer, "x", 1, MSG_NOSIGNAL), 1);
}

static void
drain(int fd)
{
	char buf[65536];

	while (recv(fd, buf, sizeof(buf), 0) > 0)
		;
}

void
channel_drain(struct channel *c)
{
	if (c->scripted)
		script_set(c->fd, script_ready(c->fd) & ~(unsigned)IO_READ);
	else
		drain(c->fd);
}

void
channel_fill(struct channel *c)
{
	static const char zeros[65536];

	if (c->scripted)
		script_set(c->fd, script_ready(c->fd) & ~(unsigned)IO_WRITE);
	else
		while (send(c->fd, zeros, sizeof(zeros), MSG_NOSIGNAL) > 0)
			;
}

void
channel_make_writable(struct channel *c)
{
	if (c->scripted)
		script_set(c->fd, script_ready(c->fd) | IO_WRITE);
	else
		drain(c->peer);
}

void
channel_hang_up(struct channel *c)
{
	if (c->scripted) {
		script_set(c->fd, IO_READ | IO_WRITE);
	} else {
		close(c->peer);
		c->peer = -1;
	}
}

void
channel_close(struct channel *c, struct loop *loop)
{
	if (c->peer >= 0)
		close(c->peer);
	loop_close_fd(loop, &c->fd);
}
