#include "echod/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

void
endpoint_remove_file(struct endpoint *e)
{
	if (e->path != NULL)
		sock_unix_remove(e->path, &e->file);
	e->path = NULL;
}

void
endpoint_free(struct endpoint *e)
{
	if (e->fd >= 0)
		close(e->fd);
	endpoint_remove_file(e);
	free(e->name);
	free(e);
}

/* ---- its name ---- */

/* Returns NULL when there is no memory. */
static char *
name_of_path(int fd)
{
	char path[SOCK_UNIX_PATH], *name;

	return sock_unix_path(fd, path) < 0 || asprintf(&name, "unix:%s", path) < 0
	    ? NULL
	    : name;
}

static char *
name_of_addr(enum sock_kind kind, const struct addr *at)
{
	char text[ADDR_TEXT], *name;

	return asprintf(&name, "%s%s", kind == SOCK_UDP ? "udp:" : "",
		   addr_format(at, text)) < 0
	    ? NULL
	    : name;
}

static const char *
path_of(const struct endpoint *e)
{
	return strchr(e->name, ':') + 1;
}

/* ---- opening ---- */

/*
 * Put a socket first in the list.  what: NULL if it is inherited.  Returns the
 * endpoint, or NULL with fd closed, when there is no memory for it, not even the
 * kernel's for its address.
 */
static struct endpoint *
add(struct endpoint_list *list, const struct config_listen *what, enum sock_kind kind,
    int fd)
{
	struct endpoint *e = calloc(1, sizeof(*e));

	if (e == NULL) {
		close(fd);
		return NULL;
	}
	e->kind = kind;
	e->fd = fd;
	e->inherited = what == NULL;
	if (what != NULL) {
		e->configured = what->addr;
		e->both = what->both;
	}
	if (kind != SOCK_UNIX && sock_local_addr(fd, &e->at) < 0) {
		endpoint_free(e);
		return NULL;
	}
	addr_unmap(&e->at);
	if (e->at.sa.sa_family == AF_INET6)
		e->dual_stack = sock_is_dual_stack(fd);
	e->name = kind == SOCK_UNIX ? name_of_path(fd) : name_of_addr(kind, &e->at);
	if (e->name == NULL) {
		endpoint_free(e);
		return NULL;
	}
	LIST_INSERT_HEAD(list, e, others);
	return e;
}

/* A negative fd is taken for the -errno of why there is none. */
static int
add_if_open(struct endpoint_list *list, const struct config_listen *what, int fd)
{
	if (fd < 0)
		return fd;
	return add(list, what, what->kind, fd) != NULL ? 0 : -ENOMEM;
}

static int
open_path(struct endpoint_list *list, const struct config_listen *what,
    const struct config *config)
{
	struct sock_file file;
	struct endpoint *e;
	int fd = sock_unix_listen(what->path, (mode_t)config->unix_mode,
	    (int)config->backlog, &file);

	if (fd < 0)
		return fd;
	e = add(list, what, SOCK_UNIX, fd);
	if (e == NULL) {
		sock_unix_remove(what->path, &file);
		return -ENOMEM;
	}
	e->path = path_of(e);
	e->file = file;
	return 0;
}

static int
open_both(struct endpoint_list *list, const struct config_listen *what,
    const struct sock_listen_options *options)
{
	struct sock_both both;
	int r = sock_listen_both(&both, addr_port(&what->addr), options);

	if (r < 0)
		return r;
	if (both.v6 < 0)
		log_warning("no IPv6 here (%s): listening on IPv4 alone",
		    strerror(-both.v6));
	else
		r = add_if_open(list, what, both.v6);
	if (both.v4 < 0)
		log_warning("no IPv4 here (%s): listening on IPv6 alone",
		    strerror(-both.v4));
	else if (r == 0)
		r = add_if_open(list, what, both.v4);
	else
		close(both.v4);
	return r;
}

int
endpoint_open(struct endpoint_list *list, const struct config_listen *what,
    const struct config *config)
{
	struct sock_listen_options options = { .kind = what->kind,
		.backlog = (int)config->backlog,
		.reuse_port = config->reuse_port,
		.stream = config->stream };

	if (what->kind == SOCK_UNIX)
		return open_path(list, what, config);
	if (what->both)
		return open_both(list, what, &options);
	return add_if_open(list, what, sock_listen(&what->addr, &options));
}

int
endpoint_inherit(struct endpoint_list *list, int fd)
{
	enum sock_kind kind = SOCK_TCP;
	int r = sock_adopt(fd, &kind);

	if (r < 0) {
		close(fd);
		return r;
	}
	return add(list, NULL, kind, fd) != NULL ? 0 : -ENOMEM;
}

bool
endpoint_hands_on_options(const struct endpoint *e)
{
	return e->kind == SOCK_TCP && !e->inherited;
}

/* ---- what it covers ---- */

static bool
is_any(const struct endpoint *e)
{
	struct addr any = addr_any(e->at.sa.sa_family, addr_port(&e->at));

	return addr_equal(&e->at, &any);
}

/* Does a socket that somebody else bound listen on what this entry says? */
static bool
inherited_covers(const struct endpoint *e, const struct config_listen *what)
{
	struct addr four = addr_any(AF_INET, addr_port(&e->at));

	if (e->kind == SOCK_UNIX)
		return strcmp(path_of(e), what->path) == 0;
	if (what->both)
		return is_any(e) && addr_port(&e->at) == addr_port(&what->addr);
	return addr_equal(&e->at, &what->addr) ||
	    (is_any(e) && e->dual_stack && addr_equal(&four, &what->addr));
}

bool
endpoint_covers(const struct endpoint *e, const struct config_listen *what)
{
	if (e->kind != what->kind)
		return false;
	if (e->inherited)
		return inherited_covers(e, what);
	if (e->kind == SOCK_UNIX)
		return sock_unix_is_there(what->path, &e->file);
	return e->both == what->both && addr_equal(&e->configured, &what->addr);
}
