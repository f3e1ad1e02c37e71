#include "sim/checks.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "sim/counts.h"
#include "sim/files.h"
#include "sim/homes.h"
#include "sim/host.h"
#include "sim/memory.h"
#include "sim/net.h"
#include "sim/udp.h"
#include "sim/world.h"

/* ---- what the server has a right to do ---- */

/* Told to end at once, or its time to drain is over. */
static bool
may_cut(void)
{
	return host.stops > 1 ||
	    (host.stops == 1 && world.now_ns >= host.stop_ns + host.terms.drain_ns);
}

static bool
lacks_memory(const struct conn *c)
{
	return c->excused_turn == world.turn && world.turn > 0;
}

/* Since when it has been silent, at the least. */
bool
checks_was_silent(const struct conn *c, int64_t from_ns, int64_t limit_ns)
{
	int64_t since_ns = conn_held(c) > 0 && c->progress_ns > c->active_ns
	    ? c->progress_ns
	    : c->active_ns;

	if (since_ns < from_ns)
		since_ns = from_ns;
	return limit_ns > 0 && world.now_ns >= since_ns + limit_ns;
}

static bool
is_too_old(const struct conn *c)
{
	return c->lifetime_ns > 0 && world.now_ns >= c->accepted_ns + c->lifetime_ns;
}

/* ---- accept ---- */

/* Is there as much as a limit allows, with or without those closed this turn? */
static bool
is_full(const struct conn *c, bool with_closed)
{
	const struct terms *t = &host.terms;
	int all = 0, same = 0;

	for (int i = 0; i < nconns; i++) {
		const struct conn *o = &conns[i];
		bool open = o->fd >= 0;

		if (o->closed && with_closed && o->closed_turn == world.turn)
			open = true;
		if (o == c || !o->served || !open)
			continue;
		all++;
		same += home_group(o->home) == home_group(c->home);
	}
	return all >= t->max_connections ||
	    (t->max_per_address > 0 && same >= t->max_per_address);
}

void
check_accept(struct conn *c)
{
	c->denied = terms_deny(&host.terms, c->home);
	c->must_refuse = c->denied || is_full(c, false);
	c->may_refuse = c->denied || is_full(c, true);
}

/* ---- recv and send ---- */

void
check_recv(const struct conn *c)
{
	require(!c->must_refuse, "it reads from #%d, which is %s", c->number,
	    c->denied ? "denied" : "above a limit");
	require(conn_held(c) == 0,
	    "it reads from #%d, though it holds %ju bytes that it has not sent",
	    c->number, (uintmax_t)conn_held(c));
	require(!c->fin_read || c->told, "it reads from #%d after its end", c->number);
}

void
check_rate(const struct conn *c)
{
	/* A stride at once, one made up for, and the byte that is the least. */
	int64_t time_ns = world.now_ns - c->accepted_ns + 3 * MILLISECONDS(20);

	require(c->bytes_per_second == 0 || c->shut ||
		(int64_t)c->read <= c->bytes_per_second * time_ns / SECONDS(1) + 2,
	    "#%d: %ju bytes in %.6f s are more than %jd a second", c->number,
	    (uintmax_t)c->read, (double)time_ns / 1e9, (intmax_t)c->bytes_per_second);
}

void
check_send(const struct conn *c, const char *bytes, size_t n)
{
	require(!c->must_refuse, "it sends to #%d, which it must refuse", c->number);
	require(!c->shut, "it sends to #%d after its own FIN", c->number);
	require(c->echoed + n <= c->read, "it sends #%d more than #%d sent", c->number,
	    c->number);
	require(conn_matches(c, c->echoed, bytes, n), "#%d gets bytes it did not send",
	    c->number);
}

/* ---- the end of a connection ---- */

void
check_shutdown(const struct conn *c)
{
	bool idle = checks_was_silent(c, 0, c->idle_ns);
	bool drained = host.stops > 0 &&
	    checks_was_silent(c, host.stop_ns, DRAIN_SILENCE_NS);

	require(!c->shut, "it shuts #%d down twice", c->number);
	require(idle || (drained && conn_held(c) == 0) || is_too_old(c) || may_cut() ||
		c->told || c->error != 0,
	    "it ends #%d before its time: silent for %.6f s", c->number,
	    (double)(world.now_ns - c->active_ns) / 1e9);
}

static void
check_close_stream(const struct conn *c)
{
	bool lingered = c->shut &&
	    (c->fin_read || is_too_old(c) || world.now_ns >= c->shut_ns + LINGER_NS);
	bool farewell_over = c->lifetime_ns > 0 &&
	    world.now_ns >= c->accepted_ns + c->lifetime_ns + FAREWELL_NS;
	bool done = c->fin_read && c->echoed == c->read;

	if (c->accepted_turn == world.turn && !c->reading) {
		require(c->may_refuse || lacks_memory(c),
		    "it refuses #%d below the limits", c->number);
		return;
	}
	if (c->told || c->error != 0 || may_cut() || lacks_memory(c) || lingered ||
	    farewell_over)
		return;
	require(done || !c->fin_read, "it closes #%d and loses its last %ju bytes",
	    c->number, (uintmax_t)(c->read - c->echoed));
	require(done, "it closes #%d for no reason", c->number);
}

static void
check_close_listener(int fd, const struct descriptor *d)
{
	require(net_waiting(fd) == NULL || d->trouble != 0 || d->inherited,
	    "it closes listener %d with a connection in its backlog", fd);
}

static void
note_refused(struct conn *c)
{
	c->served = false;
	c->refused = true;
	if (c->may_refuse)
		count(c->denied ? EVENT_DENIED : EVENT_OVER_LIMIT);
}

void
check_close(int fd)
{
	struct descriptor *d = &net.table[fd];

	require(!d->registered, "it closes descriptor %d, which epoll still watches",
	    fd);
	require(!d->inherited || host.stops > 0 || !host.ready ||
		!host.terms.places.by_port,
	    "it closes inherited %d, which stands for the port", fd);
	require(!d->stays || host.stops > 0,
	    "it closes %d, which the configuration still names", fd);
	if (d->kind == LISTENER)
		check_close_listener(fd, d);
	require(d->kind != UDP || udp_waiting(fd) == NULL || d->trouble != 0 ||
		d->inherited,
	    "it closes %d with a datagram that waits", fd);
	if (d->kind != STREAM)
		return;
	check_close_stream(d->conn);
	if (d->conn->accepted_turn == world.turn && !d->conn->reading)
		note_refused(d->conn);
	else
		count(EVENT_SERVED);
}

/* ---- the end of a turn ---- */

void
check_turn(void)
{
	check_umask();
	for (int fd = 3; fd < net.top; fd++) {
		const struct conn *c = net.table[fd].conn;

		if (net.table[fd].kind == STREAM && c->accepted_turn == world.turn)
			require(!c->must_refuse, "it serves #%d above a limit",
			    c->number);
	}
}

/* ---- when it has ended ---- */

void
check_figures(const struct server *s)
{
	uint64_t bytes = 0, served = 0, refused = 0, denied = 0;

	for (int i = 0; i < nconns; i++) {
		bytes += conns[i].echoed;
		served += conns[i].served;
		refused += conns[i].refused;
		denied += conns[i].refused && conns[i].denied;
	}
	require(s->stats.bytes == bytes, "%ju bytes echoed, not %ju", (uintmax_t)bytes,
	    (uintmax_t)s->stats.bytes);
	require(s->stats.accepted == served, "%ju connections served, not %ju",
	    (uintmax_t)served, (uintmax_t)s->stats.accepted);
	require(s->stats.refused == refused, "%ju connections refused, not %ju",
	    (uintmax_t)refused, (uintmax_t)s->stats.refused);
	require(s->stats.ended[REASON_DENIED] == denied,
	    "%ju connections denied, not %ju", (uintmax_t)denied,
	    (uintmax_t)s->stats.ended[REASON_DENIED]);
	require(s->stats.connections == 0, "%ju connections open, it says",
	    (uintmax_t)s->stats.connections);
}

void
check_end(void)
{
	double seconds = (double)(world.now_ns - world.began_ns) / 1e9;

	for (int fd = 3; fd < net.top; fd++)
		require(net.table[fd].kind == FREE ||
			(net.table[fd].inherited && !host.ready),
		    "descriptor %d is left", fd);
	require(memory_pieces() == 0, "%zu pieces of memory are left", memory_pieces());
	require(world.lapses < 100 + 100 * (uint64_t)seconds + world.moves,
	    "it woke up %ju times for nothing", (uintmax_t)world.lapses);

	check_umask();
	check_files();
	check_datagrams();
	world_settle();
	for (int i = 0; i < nconns; i++) {
		const struct conn *c = &conns[i];
		bool whole = c->fin_read && c->echoed == c->written && !c->cut &&
		    !c->deaf;

		require(!whole || !c->eager || c->acked == c->written,
		    "#%d did not get its last %ju bytes", c->number,
		    (uintmax_t)(c->written - c->acked));
	}
}
