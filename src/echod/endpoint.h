/* endpoint.h - one address the server listens on, and the socket for it. */
#ifndef ECHOD_ECHOD_ENDPOINT_H
#define ECHOD_ECHOD_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "echod/config.h"
#include "echod/echo_udp.h"
#include "net/addr.h"
#include "net/listener.h"
#include "net/sock.h"
#include "net/sock_unix.h"

struct endpoints;

struct endpoint {
	union {
		struct listener listener; /* of SOCK_TCP and SOCK_UNIX */
		struct echo_udp udp;	  /* of SOCK_UDP */
	};
	enum sock_kind kind;
	int fd; /* until the task of one of these has it */
	bool inherited;
	struct endpoints *set;
	char *name; /* as bound: "127.0.0.1:8000", "udp:[::1]:8000", "unix:/run/e" */
	struct addr at;		/* as bound, but unmapped; not of SOCK_UNIX */
	bool dual_stack;	/* at is [::], and IPv4 comes there as well */
	struct addr configured; /* if we opened it: as in config_listen */
	bool both;		/* the same: "*:8000" has two of these */
	const char *path; /* of the file that we made for it, within name; or NULL */
	struct sock_file file;
	bool unwanted;	   /* by the configuration that is to come */
	uint64_t accepted; /* connections */
	LIST_ENTRY(endpoint) others;
};

LIST_HEAD(endpoint_list, endpoint);

/*
 * Open what an entry of `listen` says, and put it first in the list.  A family
 * that the machine does not have is warned of, if it has the other.  Returns 0 or
 * -errno; some may be in the list then.
 */
int endpoint_open(struct endpoint_list *list, const struct config_listen *what,
    const struct config *config);

/*
 * Put a socket that somebody else bound first in the list.  Returns 0; or, with fd
 * closed, -EINVAL when it is none that can be served, or -errno.
 */
int endpoint_inherit(struct endpoint_list *list, int fd);

/* Remove the file, if we made one: nobody finds the way to its socket any more. */
void endpoint_remove_file(struct endpoint *e);

/* Close its socket, remove the file if we made one, and free it; it is in no list. */
void endpoint_free(struct endpoint *e);

/*
 * Do its connections have their options from it (sock_set_stream_options)?  Those of
 * UNIX sockets never do, nor those that came before we had the socket.
 */
bool endpoint_hands_on_options(const struct endpoint *e);

/*
 * Does it listen on what this entry of `listen` says?  If it is a UNIX socket that we
 * opened: does the path lead to its file?
 */
bool endpoint_covers(const struct endpoint *e, const struct config_listen *what);

#endif
