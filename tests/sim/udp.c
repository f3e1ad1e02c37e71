#include "sim/udp.h"

#include <string.h>

#include "sim/counts.h"
#include "sim/dice.h"
#include "sim/faults.h"
#include "sim/homes.h"
#include "sim/host.h"
#include "sim/net.h"
#include "sim/pace.h"
#include "sim/places.h"
#include "sim/world.h"

#define DATAGRAMS_MAX 200
#define QUEUE_MAX     30 /* of one socket; more is lost */
#define JITTER_NS     MICROSECONDS(100)

static struct datagram datagrams[DATAGRAMS_MAX];
static int ndatagrams, to_come;
static int64_t next_ns, pause_ns;
static int reads, nterms;
static bool excused; /* an answer could not be sent */

static void
plan_next(void)
{
	next_ns = to_come > 0 ? world.now_ns + dice_below(pause_ns) : NEVER;
}

void
udp_begin(void)
{
	ndatagrams = reads = nterms = 0;
	excused = false;
	to_come = (int)dice_pick(0, 0, 3, 20, DATAGRAMS_MAX);
	pause_ns = dice_pick(MICROSECONDS(10), MILLISECONDS(5), MILLISECONDS(300));
	plan_next();
}

int64_t
udp_next_ns(void)
{
	return next_ns;
}

/* Its addresses: where it comes from, and what of ours it is for. */
static void
address(struct datagram *d, const struct descriptor *socket)
{
	bool six = socket->at.sa.sa_family == AF_INET6;
	struct addr any = addr_any(socket->at.sa.sa_family, addr_port(&socket->at));
	int64_t port = 10000 + d->number; /* so that each is known by it */

	d->home = home_roll(socket->at.sa.sa_family);
	d->peer = home_addr(d->home);
	addr_set_port(&d->peer,
	    (uint16_t)dice_pick(port, port, port, 7, 19, 1023, 8000, 8001, 0));
	if (addr_port(&d->peer) == port && dice_once_in(5))
		d->size = 0;
	d->to = socket->at;
	if (!addr_equal(&any, &socket->at))
		return;
	d->to_many = dice_once_in(4);
	if (six)
		addr_parse(&d->to, d->to_many ? "[ff02::1]:0" : "[2001:db8:2::1]:0");
	else
		addr_parse(&d->to, "198.51.100.1:0");
}

/* The next of several that a peer sends, most of one size. */
static void
follow(struct datagram *d, const struct datagram *before)
{
	if (before->fd != d->fd || before->size == 0)
		return;
	d->home = before->home;
	d->peer = before->peer;
	d->to = before->to;
	d->to_many = before->to_many;
	d->size = dice_once_in(4) ? 1 + (size_t)dice_below((int64_t)before->size)
				  : before->size;
}

void
udp_act(void)
{
	struct datagram *d = &datagrams[ndatagrams];
	int fd = net_any(UDP), waiting = 0;

	to_come--;
	plan_next();
	for (int i = 0; i < ndatagrams; i++)
		waiting += datagrams[i].fd == fd &&
		    datagrams[i].state == DATAGRAM_WAITS;
	if (fd < 0)
		return;
	if (waiting >= QUEUE_MAX) {
		count(EVENT_DATAGRAM_LOST);
		return;
	}
	*d = (struct datagram){ .number = ++ndatagrams,
		.fd = fd,
		.size = (size_t)dice_pick(1, 10, 1400, 9000) };
	address(d, &net.table[fd]);
	if (d->number > 1 && dice_once_in(2))
		follow(d, d - 1);
	count(EVENT_DATAGRAM);
	trace("datagram %d comes to %d from port %u, %zu bytes", d->number, fd,
	    addr_port(&d->peer), d->size);
}

void
udp_lose(int fd)
{
	struct datagram *d;

	while ((d = udp_waiting(fd)) != NULL) {
		d->state = DATAGRAM_LOST;
		count(EVENT_DATAGRAM_LOST);
	}
}

/* ---- what is to become of it: echod(8), DATAGRAMS ---- */

static bool
is_own_port(uint16_t port, bool wanted)
{
	for (int fd = 3; fd < net.top; fd++) {
		const struct descriptor *d = &net.table[fd];

		if (d->kind == UDP && addr_port(&d->at) == port &&
		    (!wanted || is_wanted(d)))
			return true;
	}
	return false;
}

void
udp_read(struct datagram *d, size_t room)
{
	uint16_t port = addr_port(&d->peer);

	d->state = DATAGRAM_READ;
	d->order = reads++;
	d->read_ns = world.turn_ns;
	d->terms = nterms;
	d->rate = host.terms.udp_rate;
	d->burst = host.terms.udp_burst;
	d->must_drop = d->size > room || d->to_many || port == 0 || port == 7 ||
	    port == 19 || (port < 1024 && !host.terms.low_ports) ||
	    is_own_port(port, true) || terms_deny(&host.terms, d->home);
	d->may_drop = d->must_drop || is_own_port(port, false) || d->burst < 1000 ||
	    d->rate < 1000 ||
	    (host.stops > 0 && port < 10000); /* it was ours until just now */
}

void
udp_new_terms(void)
{
	nterms++;
}

void
udp_excuse(void)
{
	excused = true;
}

static struct datagram *
find_read(int order)
{
	for (int i = 0; i < ndatagrams; i++)
		if (datagrams[i].state >= DATAGRAM_READ && datagrams[i].order == order)
			return &datagrams[i];
	return NULL;
}

/* Of one group, in the order in which they were read. */
static void
check_rate_of(int group)
{
	int terms = -1;
	struct pace p;

	for (int i = 0; i < reads; i++) {
		const struct datagram *d = find_read(i);

		if (d->state != DATAGRAM_OVER || home_group(d->home) != group)
			continue;
		if (d->terms != terms)
			pace_set(&p, d->rate, d->burst);
		terms = d->terms;
		require(pace_take(&p, d->read_ns, JITTER_NS),
		    "datagram %d is answered beyond %jd a second", d->number,
		    (intmax_t)d->rate);
	}
}

void
check_datagrams(void)
{
	for (int i = 0; i < ndatagrams; i++)
		require(datagrams[i].state != DATAGRAM_READ || datagrams[i].may_drop ||
			excused || faults_any(),
		    "datagram %d is not answered", datagrams[i].number);
	for (int group = 1; group <= HOME_GROUPS; group++)
		check_rate_of(group);
}

/* ---- those under way ---- */

struct datagram *
udp_waiting(int fd)
{
	for (int i = 0; i < ndatagrams; i++)
		if (datagrams[i].fd == fd && datagrams[i].state == DATAGRAM_WAITS)
			return &datagrams[i];
	return NULL;
}

static char
byte_at(const struct datagram *d, size_t at)
{
	return (char)((unsigned)d->number * 31 + (unsigned)at);
}

void
udp_fill(const struct datagram *d, char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = byte_at(d, i);
}

static bool
matches(const struct datagram *d, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != byte_at(d, i))
			return false;
	return n == d->size;
}

struct datagram *
udp_find(int fd, const struct addr *peer, const char *bytes, size_t n)
{
	for (int i = 0; i < ndatagrams; i++) {
		struct datagram *d = &datagrams[i];

		if (d->fd == fd && d->state == DATAGRAM_READ &&
		    addr_equal(&d->peer, peer) && matches(d, bytes, n))
			return d;
	}
	return NULL;
}
