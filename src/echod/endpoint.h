/* endpoint.h - one address the server listens on, and the socket for it. */
#ifndef ECHOD_ECHOD_ENDPOINT_H
#define ECHOD_ECHOD_ENDPOINT_H

#include <stdbool.h>
#include <sys/queue.h>

#include "net/addr.h"
#include "net/listener.h"
#include "net/sock.h"

struct endpoints;

struct endpoint {
	struct listener listener;
	struct endpoints *set;
	char *text;	/* as configured; "*:8000" has two of these; NULL: inherited */
	struct addr at; /* as bound */
	LIST_ENTRY(endpoint) others;
};

LIST_HEAD(endpoint_list, endpoint);

/*
 * Open what a text of the configuration says ("127.0.0.1:8000", "*:8000"), and
 * put it first in the list.  A family that the machine does not have is warned
 * of, if it has the other.  Returns 0 or -errno; some may be in the list then.
 */
int endpoint_open(struct endpoint_list *list, const char *text,
    const struct sock_listen_options *options);

/*
 * Put a listening TCP socket that somebody else opened first in the list.
 * Returns 0; or, with fd closed, -EINVAL when it is none, or -errno.
 */
int endpoint_inherit(struct endpoint_list *list, int fd);

/* Close its socket and free it; it is in no list. */
void endpoint_free(struct endpoint *e);

/* Does it listen on what this text of the configuration says? */
bool endpoint_covers(const struct endpoint *e, const char *text);

#endif
