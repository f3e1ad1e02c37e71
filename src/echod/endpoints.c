#include "echod/endpoints.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "echod/endpoint.h"
#include "net/sock.h"

/* ---- the listeners ---- */

static void
accepted(struct listener *l, int fd, const struct addr *peer)
{
	struct endpoint *e = container_of(l, struct endpoint, listener);

	e->set->accepted(e->set, fd, peer);
}

static void
trouble(struct listener *l, int err)
{
	struct endpoint *e = container_of(l, struct endpoint, listener);
	char at[ADDR_TEXT];

	addr_format(&e->at, at);
	if (err == 0) {
		log_info("accepting again on %s", at);
		return;
	}
	e->set->pauses++;
	log_warning("cannot accept on %s for now: %s", at, strerror(err));
}

static void
finished(struct listener *l)
{
	struct endpoint *e = container_of(l, struct endpoint, listener);

	LIST_REMOVE(e, others);
	endpoint_free(e);
}

static const struct listener_type endpoint_listener = {
	.accepted = accepted,
	.trouble = trouble,
	.finished = finished,
};

static int
endpoint_start(struct endpoints *set, struct endpoint *e)
{
	char at[ADDR_TEXT];
	int r;

	e->set = set;
	e->listener.type = &endpoint_listener;
	r = listener_start(set->loop, &e->listener, &set->tasks);
	if (r == 0)
		log_info("listening on %s%s", addr_format(&e->at, at),
		    e->listener.inherited ? " (inherited)" : "");
	return r;
}

/* ---- the set ---- */

static void
drop_all(struct endpoint_list *list)
{
	struct endpoint *e;

	while ((e = LIST_FIRST(list)) != NULL) {
		LIST_REMOVE(e, others);
		endpoint_free(e);
	}
}

/* The i-th text that the configuration wants listened on; NULL after the last. */
static const char *
wanted(const struct config *config, int i, char buf[ADDR_TEXT])
{
	if (config->nlisten > 0)
		return i < config->nlisten ? config->listen[i].text : NULL;
	snprintf(buf, ADDR_TEXT, "*:%d", (int)config->port);
	return i == 0 ? buf : NULL;
}

/* Inherited sockets stand for `port`, wherever they listen; `listen` names addresses. */
static bool
covers(const struct endpoint *e, const char *text, const struct config *config)
{
	if (e->listener.inherited && config->nlisten == 0)
		return true;
	return endpoint_covers(e, text);
}

static bool
is_covered(const struct endpoint_list *list, const char *text,
    const struct config *config)
{
	const struct endpoint *e;

	LIST_FOREACH(e, list, others)
		if (covers(e, text, config))
			return true;
	return false;
}

static bool
is_wanted(const struct endpoint *e, const struct config *config)
{
	char buf[ADDR_TEXT];
	const char *text;

	for (int i = 0; (text = wanted(config, i, buf)) != NULL; i++)
		if (covers(e, text, config))
			return true;
	return false;
}

/* Open what is wanted and not there yet.  Returns 0, or -errno with nothing opened. */
static int
open_missing(const struct endpoints *set, struct endpoint_list *fresh,
    const struct config *config)
{
	struct sock_listen_options options = { .backlog = (int)config->backlog,
		.reuse_port = config->reuse_port };
	char buf[ADDR_TEXT];
	const char *text;
	int r = 0;

	for (int i = 0; r == 0 && (text = wanted(config, i, buf)) != NULL; i++)
		if (!is_covered(&set->list, text, config) &&
		    !is_covered(fresh, text, config))
			r = endpoint_open(fresh, text, &options);
	if (r < 0) {
		log_error("cannot listen on %s: %s", text, strerror(-r));
		drop_all(fresh);
	}
	return r;
}

/*
 * Start the fresh ones and put them first in the set.  Returns 0, or -ENOMEM
 * with none of them left.
 */
static int
start_all(struct endpoints *set, struct endpoint_list *fresh)
{
	const struct endpoint *old = LIST_FIRST(&set->list);
	struct endpoint *e;
	int r;

	while ((e = LIST_FIRST(fresh)) != NULL) {
		r = endpoint_start(set, e);
		if (r < 0) {
			LIST_FOREACH(e, &set->list, others) {
				if (e == old)
					break;
				task_cancel(&e->listener.task);
			}
			drop_all(fresh);
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
	char at[ADDR_TEXT];

	addr_format(&e->at, at);
	if (e->listener.inherited)
		log_warning("inherited %s closed: the configuration does not name it",
		    at);
	else
		log_info("no longer listening on %s", at);
	LIST_REMOVE(e, others);
	LIST_INSERT_HEAD(&e->set->leaving, e, others);
	task_cancel(&e->listener.task);
}

int
endpoints_update(struct endpoints *set, const struct config *config)
{
	struct endpoint_list fresh = LIST_HEAD_INITIALIZER(fresh);
	struct endpoint *e, *next;
	int r = open_missing(set, &fresh, config);

	if (r == 0)
		r = start_all(set, &fresh);
	if (r < 0)
		return r;
	for (e = LIST_FIRST(&set->list); e != NULL; e = next) {
		next = LIST_NEXT(e, others);
		if (!is_wanted(e, config))
			give_up(e);
	}
	return 0;
}

void
endpoints_inherit(struct endpoints *set, int first, int n)
{
	struct endpoint_list handed = LIST_HEAD_INITIALIZER(handed);

	for (int fd = first; fd < first + n; fd++) {
		int r = endpoint_inherit(&handed, fd);

		if (r < 0)
			log_warning("inherited descriptor %d closed: %s", fd,
			    r == -EINVAL ? "not a listening TCP socket" : strerror(-r));
	}
	start_all(set, &handed);
}

void
endpoints_close(struct endpoints *set)
{
	task_cancel_all(&set->tasks);
}

void
endpoints_retry(struct endpoints *set)
{
	struct endpoint *e;

	LIST_FOREACH(e, &set->list, others)
		listener_retry(&e->listener);
}
