#include "sim/conn.h"

#include <errno.h>
#include <poll.h>

#include "sim/dice.h"
#include "sim/homes.h"
#include "sim/world.h"

struct conn conns[CONNS_MAX];
int nconns;

void
conns_begin(void)
{
	nconns = 0;
}

struct conn *
conn_new(int home, int listener)
{
	struct conn *c = &conns[nconns++];

	*c = (struct conn){
		.number = nconns,
		.home = home,
		.peer = home_addr(home),
		.queued_ns = world.now_ns,
		.listener = listener,
		.fd = -1,
		.room_server = (size_t)dice_pick(1, 100, 1000, 5000, 20000),
		.room_send = (size_t)dice_pick(3, 100, 1000, 5000, 20000),
		.room_peer = (size_t)dice_pick(1, 100, 1000, 5000, 20000),
		.eager = true,
		.net_ns = NEVER,
		.latency_ns = dice_pick(0, MICROSECONDS(50), MILLISECONDS(2),
		    MILLISECONDS(150)),
	};
	return c;
}

/* ---- bytes ---- */

/* Each byte has something of the connection in it, so that none is another's. */
static char
byte_at(const struct conn *c, uint64_t at)
{
	return (char)((uint32_t)at + (uint32_t)(at >> 8) * 13 +
	    (uint32_t)c->number * 59);
}

bool
conn_matches(const struct conn *c, uint64_t at, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != byte_at(c, at + i))
			return false;
	return true;
}

void
conn_fill(const struct conn *c, uint64_t at, char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = byte_at(c, at + i);
}

uint64_t
conn_held(const struct conn *c)
{
	return c->shut ? 0 : c->read - c->echoed;
}

size_t
conn_room(const struct conn *c)
{
	return c->room_send - (size_t)(c->echoed - c->acked);
}

/* As tcp_poll() of Linux: writable with a third of the buffer free. */
unsigned
conn_ready(const struct conn *c)
{
	unsigned ready = 0;

	if (c->error != 0)
		return POLLIN | POLLOUT | POLLERR | POLLHUP;
	if (c->told)
		return POLLIN | POLLOUT | POLLHUP;
	if (c->arrived > c->read || c->fin_arrived)
		ready |= POLLIN;
	if (c->shut || conn_room(c) * 3 >= c->room_send)
		ready |= POLLOUT;
	if (c->shut && c->fin_arrived)
		ready |= POLLHUP;
	return ready;
}

/* ---- the network ---- */

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* All of it, or a part. */
static uint64_t
some_of(uint64_t n)
{
	return n > 1 && dice_once_in(2) ? (uint64_t)dice_between(1, (int64_t)n) : n;
}

static uint64_t
can_arrive(const struct conn *c)
{
	return least(c->written - c->arrived, c->room_server - (c->arrived - c->read));
}

static uint64_t
can_be_acked(const struct conn *c)
{
	return least(c->echoed - c->acked, c->room_peer - (c->acked - c->taken));
}

static bool
fin_can_arrive(const struct conn *c)
{
	return c->fin && !c->fin_arrived && c->arrived == c->written;
}

static bool
shut_can_arrive(const struct conn *c)
{
	return c->shut && !c->shut_arrived && c->acked == c->echoed;
}

void
conn_stir(struct conn *c)
{
	if (c->cut || c->deaf || c->net_ns != NEVER)
		return;
	if (can_arrive(c) > 0 || can_be_acked(c) > 0 || fin_can_arrive(c) ||
	    shut_can_arrive(c))
		c->net_ns = world.now_ns +
		    dice_between(c->latency_ns / 2, c->latency_ns);
}

void
conn_break(struct conn *c, int err)
{
	c->cut = true;
	c->net_ns = NEVER;
	if (!c->closed) {
		c->error = err;
		trace("#%d network: RST to the server", c->number);
	}
}

/* From the peer to the server. */
static void
carry_in(struct conn *c)
{
	uint64_t n = some_of(can_arrive(c));

	if (n > 0 && c->closed) {
		trace("#%d network: data for a closed socket, RST to the peer",
		    c->number);
		c->cut = true;
		return;
	}
	if (n > 0)
		trace("#%d network: %ju bytes arrive", c->number, (uintmax_t)n);
	c->arrived += n;
	if (fin_can_arrive(c)) {
		c->fin_arrived = true;
		trace("#%d network: FIN arrives", c->number);
	}
}

/* And back. */
static void
carry_out(struct conn *c)
{
	uint64_t n = some_of(can_be_acked(c));

	if (n > 0 && c->gone) {
		conn_break(c, ECONNRESET);
		return;
	}
	if (n > 0) {
		c->acked += n;
		c->progress_ns = world.now_ns;
		trace("#%d network: %ju bytes back at the peer, %ju in all", c->number,
		    (uintmax_t)n, (uintmax_t)c->acked);
	}
	if (c->eager)
		c->taken = c->acked;
	if (shut_can_arrive(c)) {
		c->shut_arrived = true;
		trace("#%d network: FIN to the peer", c->number);
	}
}

void
conn_carry(struct conn *c)
{
	c->net_ns = NEVER;
	if (c->deaf || c->cut)
		return;
	carry_in(c);
	if (!c->cut)
		carry_out(c);
	conn_stir(c);
}

void
conn_close(struct conn *c)
{
	c->fd = -1;
	c->closed = true;
	c->shut = true;
	if (c->arrived > c->read) { /* RFC 2525, 2.17 */
		c->cut = true;
		c->net_ns = NEVER;
	}
	conn_stir(c);
}
