#include "echod/endpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

void
endpoint_free(struct endpoint *e)
{
	if (e->listener.fd >= 0)
		close(e->listener.fd);
	free(e->text);
	free(e);
}

/*
 * Put a listening socket first in the list.  Returns 0, or -errno with fd
 * closed; a negative fd is taken for such a -errno.
 */
static int
add(struct endpoint_list *list, const char *text, int fd)
{
	struct endpoint *e;
	int r;

	if (fd < 0)
		return fd;
	e = calloc(1, sizeof(*e));
	if (e == NULL) {
		close(fd);
		return -ENOMEM;
	}
	e->listener.fd = fd;
	e->listener.inherited = text == NULL;
	r = sock_local_addr(fd, &e->at);
	if (r == 0 && text != NULL && (e->text = strdup(text)) == NULL)
		r = -ENOMEM;
	if (r < 0) {
		endpoint_free(e);
		return r;
	}
	LIST_INSERT_HEAD(list, e, others);
	return 0;
}

static int
open_both(struct endpoint_list *list, const char *text, uint16_t port,
    const struct sock_listen_options *options)
{
	struct sock_both both;
	int r = sock_listen_both(&both, port, options);

	if (r < 0)
		return r;
	if (both.v6 < 0)
		log_warning("no IPv6 here (%s): listening on IPv4 alone",
		    strerror(-both.v6));
	else
		r = add(list, text, both.v6);
	if (both.v4 < 0)
		log_warning("no IPv4 here (%s): listening on IPv6 alone",
		    strerror(-both.v4));
	else if (r == 0)
		r = add(list, text, both.v4);
	else
		close(both.v4);
	return r;
}

/* "*:8000": its port, or -1. */
static int
port_of_any(const char *text)
{
	return strncmp(text, "*:", 2) == 0 ? (int)strtoul(text + 2, NULL, 10) : -1;
}

/* text has been checked when the configuration was read. */
int
endpoint_open(struct endpoint_list *list, const char *text,
    const struct sock_listen_options *options)
{
	int port = port_of_any(text);
	struct addr at;
	int r;

	if (port >= 0) {
		r = open_both(list, text, (uint16_t)port, options);
	} else {
		r = addr_parse(&at, text);
		if (r == 0)
			r = add(list, text, sock_listen(&at, options));
	}
	return r;
}

int
endpoint_inherit(struct endpoint_list *list, int fd)
{
	enum sock_kind kind;
	int r = sock_adopt(fd, &kind);

	if (r == 0 && kind != SOCK_TCP)
		r = -EINVAL;
	if (r < 0) {
		close(fd);
		return r;
	}
	return add(list, NULL, fd);
}

/* Does a socket that somebody else bound listen on what this text says? */
static bool
inherited_covers(const struct endpoint *e, const char *text)
{
	int port = port_of_any(text);
	struct addr any = addr_any(AF_INET6, addr_port(&e->at));
	struct addr at;

	if (port < 0 && addr_parse(&at, text) < 0)
		return false;
	if (port < 0 && addr_equal(&e->at, &at))
		return true;
	if (addr_equal(&e->at, &any) && sock_is_dual_stack(e->listener.fd)) {
		any = addr_any(AF_INET, addr_port(&e->at));
		return port < 0 ? addr_equal(&at, &any) : port == addr_port(&e->at);
	}
	any = addr_any(e->at.sa.sa_family, (uint16_t)port);
	return port >= 0 && addr_equal(&e->at, &any);
}

bool
endpoint_covers(const struct endpoint *e, const char *text)
{
	return e->text != NULL ? strcmp(e->text, text) == 0 : inherited_covers(e, text);
}
