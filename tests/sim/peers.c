#include "sim/peers.h"

#include <errno.h>

#include "sim/conn.h"
#include "sim/counts.h"
#include "sim/dice.h"
#include "sim/homes.h"
#include "sim/net.h"
#include "sim/world.h"

#define PEERS_MAX 100

struct peer {
	struct conn *conn; /* NULL: still to come, or over */
	int64_t next_ns;
	int64_t pause_ns; /* between what it does */
	int acts;	  /* still to be done; then it says goodbye */
	int64_t piece;	  /* the most it writes at once */
	bool gentle;	  /* it breaks nothing off */
	bool stays;	  /* it never says goodbye */
};

static struct peer peers[PEERS_MAX];
static int npeers;

static void
plan(struct peer *p, int64_t within_ns)
{
	*p = (struct peer){
		.next_ns = world.now_ns + dice_below(within_ns),
		.pause_ns = dice_pick(MICROSECONDS(10), MICROSECONDS(300),
		    MILLISECONDS(20), MILLISECONDS(500)),
		.acts = (int)dice_below(30),
		.piece = dice_pick(1, 10, 1000, 10000, 50000),
		.gentle = dice_once_in(2),
		.stays = dice_once_in(6),
	};
}

void
peers_begin(void)
{
	int64_t within_ns = dice_pick(MILLISECONDS(1), MILLISECONDS(200), SECONDS(2),
	    SECONDS(8));

	npeers = (int)dice_pick(0, 1, 1, 2, 3, 5, 5, 10, 30, PEERS_MAX);
	for (int i = 0; i < npeers; i++)
		plan(&peers[i], within_ns);
}

static struct peer *
next_peer(void)
{
	struct peer *next = NULL;

	for (int i = 0; i < npeers; i++)
		if (next == NULL || peers[i].next_ns < next->next_ns)
			next = &peers[i];
	return next;
}

int64_t
peers_next_ns(void)
{
	const struct peer *p = next_peer();

	return p != NULL ? p->next_ns : NEVER;
}

/* ---- what they do ---- */

static int
family_of(const struct descriptor *listener)
{
	return listener->dual_stack ? (int)dice_pick(AF_INET, AF_INET6)
				    : listener->at.sa.sa_family;
}

static void
connect_to(struct peer *p)
{
	int listener = net_any(LISTENER);
	const struct descriptor *d;
	char text[ADDR_TEXT];

	p->next_ns = NEVER;
	if (listener < 0)
		return; /* connection refused */
	d = &net.table[listener];
	if (d->file != NULL && d->file->fd != listener)
		return; /* no such file */
	p->conn = conn_new(home_roll(family_of(d)), listener);
	count(d->file != NULL ? EVENT_UNIX_CONNECTION : EVENT_CONNECTION);
	p->next_ns = world.now_ns + dice_below(p->pause_ns);
	trace("#%d peer connects to %s, %s, buffers %zu %zu %zu", p->conn->number,
	    net_name(d, text), p->gentle ? "gentle" : "rough", p->conn->room_server,
	    p->conn->room_send, p->conn->room_peer);
}

static void
write_piece(struct peer *p)
{
	int64_t n = dice_between(1, p->piece);

	if (p->conn->fin)
		return;
	p->conn->written += (uint64_t)n;
	count(EVENT_PIECE);
	trace("#%d peer writes %jd bytes, %ju in all", p->conn->number, (intmax_t)n,
	    (uintmax_t)p->conn->written);
}

static void
take(struct conn *c)
{
	int64_t waiting = (int64_t)(c->acked - c->taken);

	if (waiting > 0)
		c->taken += (uint64_t)dice_between(1, waiting);
}

static void
set_eager(struct conn *c, bool eager)
{
	trace("#%d peer %s taking", c->number, eager ? "goes on" : "stops");
	c->eager = eager;
	if (eager)
		c->taken = c->acked;
	else
		count(EVENT_STOP_TAKING);
}

static void
finish(struct conn *c)
{
	if (c->fin)
		return;
	trace("#%d peer: that was all, %ju bytes", c->number, (uintmax_t)c->written);
	count(EVENT_HALF_CLOSE);
	c->fin = true;
}

static void
reset(struct conn *c)
{
	trace("#%d peer resets", c->number);
	count(EVENT_RESET);
	conn_break(c, (int)dice_pick(ECONNRESET, ECONNRESET, EPIPE));
}

static void
leave(struct conn *c)
{
	trace("#%d peer closes its socket", c->number);
	count(EVENT_LEAVE);
	c->gone = true;
	finish(c);
}

static void
set_deaf(struct conn *c, bool deaf)
{
	trace("#%d network: %s", c->number, deaf ? "nothing gets through" : "is back");
	c->deaf = deaf;
	if (!deaf)
		return;
	c->net_ns = NEVER;
	count(EVENT_CUT_OFF);
}

static void
act_roughly(struct conn *c)
{
	switch (dice_below(6)) {
	case 0:
		reset(c);
		break;
	case 1:
		leave(c);
		break;
	default:
		set_deaf(c, !c->deaf);
	}
}

static void
act(struct peer *p)
{
	struct conn *c = p->conn;

	switch (dice_below(12)) {
	case 0:
		set_eager(c, !c->eager);
		break;
	case 1:
		take(c);
		break;
	case 2:
		if (dice_once_in(4))
			finish(c);
		break;
	case 3:
		if (!p->gentle)
			act_roughly(c);
		break;
	case 4:
		p->next_ns += dice_below(SECONDS(3)); /* silence */
		break;
	default:
		write_piece(p);
	}
}

/* In the end most peers want all that is theirs. */
static void
say_goodbye(struct peer *p)
{
	struct conn *c = p->conn;

	p->next_ns = NEVER;
	if (p->stays)
		return;
	if (c->deaf)
		set_deaf(c, false);
	if (!c->eager)
		set_eager(c, true);
	finish(c);
}

void
peers_act(void)
{
	struct peer *p = next_peer();

	if (p->conn == NULL) {
		connect_to(p);
		return;
	}
	p->next_ns = world.now_ns + dice_between(1, p->pause_ns);
	if (p->conn->cut)
		p->next_ns = NEVER;
	else if (p->acts-- > 0)
		act(p);
	else
		say_goodbye(p);
	conn_stir(p->conn);
}
