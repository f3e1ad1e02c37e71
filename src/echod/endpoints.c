#include "echod/endpoints.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "net/sock.h"

#define SAME_PORT_TRIES 100

/* One listening socket. */
struct endpoint {
	struct listener listener;
	struct endpoints *set;
	char *text; /* as configured; "*:8000" has two of these */
	struct addr at;
	LIST_ENTRY(endpoint) others;
};

/* ---- opening ---- */

static void
endpoint_free(struct endpoint *e)
{
	if (e->listener.fd >= 0)
		close(e->listener.fd);
	free(e->text);
	free(e);
}

static void
drop_all(struct endpoint_list *list)
{
	struct endpoint *e;

	while ((e = LIST_FIRST(list)) != NULL) {
		LIST_REMOVE(e, others);
		endpoint_free(e);
	}
}

/* Open one socket and put it first in the list.  Returns 0 or -errno. */
static int
open_one(struct endpoint_list *list, const char *text, const struct addr *at,
    const struct sock_listen_options *options)
{
	struct endpoint *e = calloc(1, sizeof(*e));
	int r;

	if (e == NULL)
		return -ENOMEM;
	e->text = strdup(text);
	e->listener.fd = sock_listen(at, options);
	r = e->text == NULL ? -ENOMEM : e->listener.fd;
	if (r >= 0)
		r = sock_local_addr(e->listener.fd, &e->at);
	if (r < 0) {
		endpoint_free(e);
		return r;
	}
	LIST_INSERT_HEAD(list, e, others);
	return 0;
}

/* The machine has no such family, or has it switched off. */
static bool
family_is_missing(int r)
{
	return r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL || r == -EPROTONOSUPPORT;
}

/*
 * Open a port of every IPv4 and IPv6 address.  A family that the machine does
 * not have is no error while it has the other.  Returns 0 or -errno.
 */
static int
open_both(struct endpoint_list *list, const char *text, uint16_t port,
    const struct sock_listen_options *options)
{
	struct addr v6 = addr_any(AF_INET6, port), v4 = addr_any(AF_INET, port);
	int r6 = open_one(list, text, &v6, options);
	int r4;

	if (r6 < 0 && !family_is_missing(r6))
		return r6;
	if (r6 == 0)
		addr_set_port(&v4, addr_port(&LIST_FIRST(list)->at));
	r4 = open_one(list, text, &v4, options);

	if (r4 == 0 && r6 < 0)
		log_warning("no IPv6 here (%s): listening on IPv4 alone",
		    strerror(-r6));
	if (r6 == 0 && family_is_missing(r4)) {
		log_warning("no IPv4 here (%s): listening on IPv6 alone",
		    strerror(-r4));
		r4 = 0;
	}
	return r4;
}

/* The port that the kernel picked for one family may be taken in the other. */
static int
open_same_port(struct endpoint_list *list, const char *text, uint16_t port,
    const struct sock_listen_options *options)
{
	int tries = port == 0 ? SAME_PORT_TRIES : 1;
	int r;

	do {
		struct endpoint_list both = LIST_HEAD_INITIALIZER(both);
		struct endpoint *e;

		r = open_both(&both, text, port, options);
		if (r < 0)
			drop_all(&both);
		while ((e = LIST_FIRST(&both)) != NULL) {
			LIST_REMOVE(e, others);
			LIST_INSERT_HEAD(list, e, others);
		}
	} while (r == -EADDRINUSE && --tries > 0);
	return r;
}

/* text has been checked when the configuration was read. */
static int
open_text(struct endpoint_list *list, const char *text,
    const struct sock_listen_options *options)
{
	struct addr at;
	int r;

	if (strncmp(text, "*:", 2) == 0) {
		uint16_t port = (uint16_t)strtoul(text + 2, NULL, 10);

		r = open_same_port(list, text, port, options);
	} else {
		r = addr_parse(&at, text);
		if (r == 0)
			r = open_one(list, text, &at, options);
	}
	if (r < 0)
		log_error("cannot listen on %s: %s", text, strerror(-r));
	return r;
}

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
		log_info("listening on %s", addr_format(&e->at, at));
	return r;
}

/* ---- the set ---- */

static bool
listens(const struct endpoint_list *list, const char *text)
{
	const struct endpoint *e;

	LIST_FOREACH(e, list, others)
		if (strcmp(e->text, text) == 0)
			return true;
	return false;
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

static bool
wants(const struct config *config, const char *text)
{
	char buf[ADDR_TEXT];
	const char *w;

	for (int i = 0; (w = wanted(config, i, buf)) != NULL; i++)
		if (strcmp(w, text) == 0)
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
		if (!listens(&set->list, text) && !listens(fresh, text))
			r = open_text(fresh, text, &options);
	if (r < 0)
		drop_all(fresh);
	return r;
}

/* Start the fresh ones and put them first in the set.  Returns 0, or -ENOMEM and none is left. */
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

int
endpoints_update(struct endpoints *set, const struct config *config)
{
	struct endpoint_list fresh = LIST_HEAD_INITIALIZER(fresh);
	struct endpoint *e;
	char at[ADDR_TEXT];
	int r = open_missing(set, &fresh, config);

	if (r == 0)
		r = start_all(set, &fresh);
	if (r < 0)
		return r;

	LIST_FOREACH(e, &set->list, others) {
		if (wants(config, e->text))
			continue;
		log_info("no longer listening on %s", addr_format(&e->at, at));
		task_cancel(&e->listener.task);
	}
	return 0;
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
