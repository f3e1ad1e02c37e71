#include "echod/server_accept.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "echod/server.h"

/* How many descriptors are counted as connections: until they are closed. */
static bool
has_room(const struct server *s)
{
	return (int64_t)s->stats.connections < s->config.max_connections;
}

static bool
has_room_for(const struct server *s, const struct addr *peer)
{
	int64_t most = s->config.max_connections_per_address;

	return most == 0 || tally_count(&s->addresses, peer) < most;
}

static void
refuse(struct server *s, int fd, const struct addr *peer, enum reason reason,
    const char *why)
{
	char text[ADDR_TEXT];

	loop_close_fd(s->loop, &fd);
	s->stats.refused++;
	s->stats.ended[reason]++;
	reporter_touch(&s->reporter);
	if (log_admits(&s->refusals, LOG_LEVEL_WARNING, loop_now_ns(s->loop)))
		log_warning("refused %s: %s (%s)", addr_format(peer, text),
		    reason_name(reason), why);
}

static void
log_closed(struct server *s, const struct echo *e, enum reason reason)
{
	int64_t now_ns = loop_now_ns(s->loop);
	bool strange = reason == REASON_ERROR;
	enum log_level level = e->echoed > 0 || strange ? LOG_LEVEL_INFO
							: LOG_LEVEL_DEBUG;
	char text[ADDR_TEXT];

	if (!log_admits(&s->closings, level, now_ns))
		return;
	(level == LOG_LEVEL_INFO ? log_info : log_debug)("closed %s: %s%s%s, %" PRIu64
							 " bytes, %.3f s",
	    addr_format(&e->peer, text), reason_name(reason), strange ? ": " : "",
	    strange ? strerror(e->err) : "", e->echoed,
	    (double)(now_ns - e->began_ns) / 1e9);
}

static void
connection_finished(struct echo *e)
{
	struct server *s = e->terms->owner;
	enum reason reason = echo_reason(e);

	if (reason == REASON_IDLE && s->stopping)
		reason = REASON_DRAIN;
	tally_remove(&s->addresses, &e->peer);
	s->stats.connections--;
	s->stats.ended[reason]++;
	log_closed(s, e, reason);
	reporter_touch(&s->reporter);
	endpoints_retry(&s->endpoints);
}

static void
connection_echoed(struct echo *e, size_t bytes)
{
	struct server *s = e->terms->owner;

	s->stats.bytes += bytes;
	reporter_touch(&s->reporter);
}

struct echo_terms *
server_terms(struct server *s, const struct config *config)
{
	struct echo_terms *terms = malloc(sizeof(*terms));

	if (terms != NULL)
		*terms = (struct echo_terms){
			.idle_ns = config->idle_ns,
			.max_lifetime_ns = config->max_lifetime_ns,
			.bytes_per_second = config->bytes_per_second,
			.echoed = connection_echoed,
			.finished = connection_finished,
			.owner = s,
			.users = 1,
		};
	return terms;
}

/* Returns 0, or -ENOMEM with fd still the caller's. */
static int
start_connection(struct server *s, int fd, const struct addr *peer)
{
	struct echo *e = malloc(sizeof(*e));
	int r;

	if (e == NULL)
		return -ENOMEM;
	r = tally_add(&s->addresses, peer);
	if (r < 0) {
		free(e);
		return r;
	}
	*e = (struct echo){ .fd = fd, .peer = *peer, .terms = s->terms };
	r = echo_start(s->loop, e, &s->connections);
	if (r < 0) {
		tally_remove(&s->addresses, peer);
		free(e);
	}
	return r;
}

void
server_accepted(struct endpoints *set, int fd, const struct addr *peer)
{
	struct server *s = container_of(set, struct server, endpoints);

	if (!access_permits(&s->config.access, peer)) {
		refuse(s, fd, peer, REASON_DENIED, "access");
		return;
	}
	if (!has_room(s)) {
		refuse(s, fd, peer, REASON_LIMIT, "max_connections");
		return;
	}
	if (!has_room_for(s, peer)) {
		refuse(s, fd, peer, REASON_LIMIT, "max_connections_per_address");
		return;
	}
	if (start_connection(s, fd, peer) < 0) {
		refuse(s, fd, peer, REASON_ERROR, strerror(ENOMEM));
		return;
	}
	s->stats.connections++;
	s->stats.accepted++;
	if (s->terms->max_lifetime_ns > 0)
		lifetime_watch(&s->lifetime, s->terms->max_lifetime_ns);
	reporter_touch(&s->reporter);
}
