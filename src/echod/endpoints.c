#include "echod/endpoints.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "echod/config_listen.h"
#include "echod/endpoint.h"
#include "echod/endpoint_task.h"

static void
drop_all(struct endpoint_list *list)
{
	struct endpoint *e;

	while ((e = LIST_FIRST(list)) != NULL) {
		LIST_REMOVE(e, others);
		endpoint_free(e);
	}
}

/* `port` as an entry of `listen`. */
struct port_entry {
	char text[16];
	struct config_listen listen;
};

/* The i-th entry that the configuration wants listened on; NULL after the last. */
static const struct config_listen *
wanted(const struct config *config, int i, struct port_entry *room)
{
	if (config->nlisten > 0)
		return i < config->nlisten ? &config->listen[i] : NULL;
	snprintf(room->text, sizeof(room->text), "*:%d", (int)config->port);
	config_listen_parse(&room->listen, room->text);
	return i == 0 ? &room->listen : NULL;
}

/* Inherited sockets stand for `port`, wherever they listen; `listen` names addresses. */
static bool
covers(const struct endpoint *e, const struct config_listen *what,
    const struct config *config)
{
	if (e->inherited && config->nlisten == 0)
		return true;
	return endpoint_covers(e, what);
}

static bool
is_covered(const struct endpoint_list *list, const struct config_listen *what,
    const struct config *config)
{
	const struct endpoint *e;

	LIST_FOREACH(e, list, others)
		if (covers(e, what, config))
			return true;
	return false;
}

static bool
is_wanted(const struct endpoint *e, const struct config *config)
{
	const struct config_listen *what;
	struct port_entry room;

	for (int i = 0; (what = wanted(config, i, &room)) != NULL; i++)
		if (covers(e, what, config))
			return true;
	return false;
}

/* Once for all of it, for the file of a UNIX socket may go at any time. */
static void
note_unwanted(struct endpoint_list *list, const struct config *config)
{
	struct endpoint *e;

	LIST_FOREACH(e, list, others)
		e->unwanted = !is_wanted(e, config);
}

/* Open what is wanted and not there yet.  Returns 0 or -errno. */
static int
open_missing(struct endpoints *set, const struct config *config)
{
	const struct config_listen *what;
	struct port_entry room;
	int r = 0;

	for (int i = 0; r == 0 && (what = wanted(config, i, &room)) != NULL; i++) {
		if (is_covered(&set->list, what, config) ||
		    is_covered(&set->fresh, what, config))
			continue;
		r = endpoint_open(&set->fresh, what, config);
		if (r < 0)
			log_error("cannot listen on %s: %s", what->text, strerror(-r));
	}
	return r;
}

/*
 * What is in its backlog is still accepted, and without a file nobody comes after
 * that; who came before the close would be lost.
 */
static void
stop_listening(struct endpoint *e)
{
	endpoint_remove_file(e);
	task_cancel(endpoint_task(e));
}

/* No longer of the set, but for its task, if it has one, which is not yet done. */
static void
take_leave(struct endpoint *e)
{
	LIST_REMOVE(e, others);
	if (e->fd >= 0) {
		endpoint_free(e);
		return;
	}
	LIST_INSERT_HEAD(&e->set->leaving, e, others);
	stop_listening(e);
}

/*
 * Start the fresh ones and put them first in the set.  Returns 0, or -ENOMEM
 * with none of them started.
 */
static int
start_all(struct endpoints *set)
{
	const struct endpoint *old = LIST_FIRST(&set->list);
	struct endpoint *e;
	int r;

	while ((e = LIST_FIRST(&set->fresh)) != NULL) {
		r = endpoint_start(set, e);
		if (r < 0) {
			log_error("cannot listen on %s: %s", e->name, strerror(-r));
			while ((e = LIST_FIRST(&set->list)) != old)
				take_leave(e);
			return r;
		}
		LIST_REMOVE(e, others);
		LIST_INSERT_HEAD(&set->list, e, others);
	}
	return 0;
}

static void
give_up(struct endpoint *e)
{
	if (e->inherited)
		log_warning("inherited %s closed: the configuration does not name it",
		    e->name);
	else
		log_info("no longer listening on %s", e->name);
	take_leave(e);
}

static void
give_up_unwanted(struct endpoint_list *list)
{
	struct endpoint *e, *next;

	for (e = LIST_FIRST(list); e != NULL; e = next) {
		next = LIST_NEXT(e, others);
		if (e->unwanted)
			give_up(e);
	}
}

/* What comes from a port where we answer ourselves is not to be answered. */
static void
note_ports(struct endpoints *set)
{
	const struct endpoint *e;

	udp_guard_no_ports(&set->udp->guard);
	LIST_FOREACH(e, &set->list, others)
		if (e->kind == SOCK_UDP)
			udp_guard_own_port(&set->udp->guard, addr_port(&e->at));
}

/*
 * A tenth of a second's worth may come at once.  If this is another pace, nothing is
 * owed under the old one.
 */
static void
set_pace(struct endpoints *set, int64_t per_second)
{
	int64_t room = per_second / 10;
	struct bucket_rule rule = bucket_rule(per_second, room > 0 ? room : 1);
	struct endpoint *e;

	if (rule.every_ns == set->pace.rule.every_ns)
		return;
	set->pace = (struct listener_pace){ .rule = rule };
	LIST_FOREACH(e, &set->list, others)
		if (e->kind != SOCK_UDP)
			listener_repace(&e->listener);
}

/* Our listening sockets hand them on; what is in their backlogs has the old ones. */
static void
set_stream_options(struct endpoints *set, const struct sock_stream_options *options)
{
	struct endpoint *e;

	set->stream = *options;
	LIST_FOREACH(e, &set->list, others)
		if (endpoint_hands_on_options(e))
			sock_set_stream_options(e->listener.fd, options);
}

int
endpoints_update(struct endpoints *set, const struct config *config)
{
	int r;

	note_unwanted(&set->fresh, config);
	note_unwanted(&set->list, config);
	give_up_unwanted(&set->fresh); /* may be in the way of what is opened */
	r = open_missing(set, config);
	if (r == 0)
		r = start_all(set);
	if (r < 0) {
		drop_all(&set->fresh);
		return r;
	}
	give_up_unwanted(&set->list);
	note_ports(set);
	set_stream_options(set, &config->stream);
	set_pace(set, config->accepts_per_second);
	return 0;
}

int
endpoints_inherit(struct endpoints *set, int first, int n)
{
	for (int fd = first; fd < first + n; fd++) {
		int r = endpoint_inherit(&set->fresh, fd);

		if (r < 0)
			log_warning("inherited descriptor %d closed: %s", fd,
			    r == -EINVAL ? "not a socket to serve on" : strerror(-r));
		if (r == -ENOMEM) {
			drop_all(&set->fresh);
			return r;
		}
	}
	return 0;
}

void
endpoints_close(struct endpoints *set)
{
	struct endpoint *e;

	LIST_FOREACH(e, &set->list, others)
		stop_listening(e);
}

void
endpoints_retry(struct endpoints *set)
{
	struct endpoint *e;

	LIST_FOREACH(e, &set->list, others)
		if (e->kind != SOCK_UDP)
			listener_retry(&e->listener);
}

void
endpoints_report(const struct endpoints *set)
{
	const struct endpoint *e;

	LIST_FOREACH(e, &set->list, others)
		if (e->kind == SOCK_UDP)
			log_info("listener %s: %" PRIu64 " datagrams received, %" PRIu64
				 " answered",
			    e->name, e->udp.received, e->udp.answered);
		else
			log_info("listener %s: %" PRIu64 " accepted", e->name,
			    e->accepted);
}
