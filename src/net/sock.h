/* sock.h - TCP sockets, close-on-exec and non-blocking from birth. */
#ifndef ECHOD_NET_SOCK_H
#define ECHOD_NET_SOCK_H

#include <stdbool.h>

#include "net/addr.h"

/* What a listening socket may be told before it is bound. */
struct sock_listen_options {
	int backlog; /* listen(2); the kernel caps it at net.core.somaxconn */
	bool reuse_port;
};

/*
 * Bind and listen.  IPv6 sockets are IPV6_V6ONLY, so that both families can
 * have the same port.  Returns the descriptor, which is the caller's, or -errno
 * of socket(2), bind(2) or listen(2).
 */
int sock_listen(const struct addr *at, const struct sock_listen_options *options);

/*
 * Take one connection off a listening socket; *peer is unmapped already.
 * Returns the descriptor or -errno of accept(2), -EAGAIN when there is none.
 */
int sock_accept(int listening, struct addr *peer);

/* What a connection is told when it is accepted. */
struct sock_stream_options {
	bool nodelay;	/* TCP_NODELAY, tcp(7) */
	bool keepalive; /* SO_KEEPALIVE, socket(7) */
};

/*
 * Options for an accepted connection; urgent data always stays in the stream
 * (SO_OOBINLINE).  A connection that broke just now is no failure here: its
 * next recv(2) will say so.
 */
void sock_set_stream_options(int fd, const struct sock_stream_options *options);

/* The address a socket is bound to.  Returns 0 or -errno. */
int sock_local_addr(int fd, struct addr *ret);

/* Bytes sent but not yet acknowledged by the peer (SIOCOUTQ, tcp(7)), or -errno. */
int sock_unsent(int fd);

#endif
