/*
 * sock.h - sockets to serve on, close-on-exec and non-blocking from birth.
 * Those with a path are made by sock_unix.h.
 */
#ifndef ECHOD_NET_SOCK_H
#define ECHOD_NET_SOCK_H

#include <stdbool.h>

#include "net/addr.h"

enum sock_kind {
	SOCK_TCP,
	SOCK_UDP,
	SOCK_UNIX, /* streams */
};

/* What connections are told. */
struct sock_stream_options {
	bool nodelay;	/* TCP_NODELAY, tcp(7) */
	bool keepalive; /* SO_KEEPALIVE, socket(7) */
};

/* What a listening socket may be told before it is bound. */
struct sock_listen_options {
	enum sock_kind kind; /* SOCK_TCP, or SOCK_UDP, which is bound and no more */
	int backlog;	     /* listen(2); the kernel caps it at net.core.somaxconn */
	bool reuse_port;
	struct sock_stream_options stream; /* of the connections that come there */
};

/*
 * Bind and listen.  IPv6 sockets are IPV6_V6ONLY, so that both families can
 * have the same port; an address may be one that this machine does not have
 * yet (IP_FREEBIND, ip(7)).  Returns the descriptor, which is the caller's, or
 * -errno of socket(2), bind(2) or listen(2).
 */
int sock_listen(const struct addr *at, const struct sock_listen_options *options);

/* A socket for each family: a descriptor, or the -errno of why there is none. */
struct sock_both {
	int v4, v6;
};

/*
 * Listen on a port of every IPv4 and every IPv6 address; for port 0 on one that
 * the kernel picks, the same in both.  A family that the machine does not have
 * is no failure while it has the other.  Returns 0 or -errno.
 */
int sock_listen_both(struct sock_both *ret, uint16_t port,
    const struct sock_listen_options *options);

/*
 * Make a socket that somebody else bound ours: close-on-exec and non-blocking.
 * Returns 0; -EINVAL when it is of none of the kinds, a stream socket that does
 * not listen, or one for datagrams that has no port; or -errno.
 */
int sock_adopt(int fd, enum sock_kind *ret);

/* Does this socket, bound to [::], take IPv4 as well (ipv6(7), IPV6_V6ONLY)? */
bool sock_is_dual_stack(int fd);

/*
 * Take one connection off a listening socket; *peer is unmapped already, or is the
 * process that connected (SO_PEERCRED, unix(7)).  Returns the descriptor or -errno
 * of accept(2), -EAGAIN when there is none.
 */
int sock_accept(int listening, struct addr *peer);

/*
 * How many connections wait to be accepted, or -errno: only TCP tells.  It does so in
 * tcpi_unacked of TCP_INFO, which has this other meaning for a socket that listens;
 * ss(8) shows it as Recv-Q.
 */
int sock_backlog(int listening);

/*
 * Have a listening TCP socket hand these options, on or off, to the connections
 * that come from now on.  Returns 0 or -errno of setsockopt(2).
 */
int sock_set_stream_options(int listening, const struct sock_stream_options *options);

/*
 * Switch options on for an accepted connection, as far as its kind has them: those
 * that its listening socket may not have handed on.  Urgent data always stays in
 * the stream (SO_OOBINLINE).  A connection that broke just now is no failure here:
 * its next recv(2) will say so.
 */
void sock_add_stream_options(int fd, const struct sock_stream_options *options);

/* The address a socket is bound to.  Returns 0 or -errno. */
int sock_local_addr(int fd, struct addr *ret);

/* Bytes sent but not yet acknowledged by the peer (SIOCOUTQ, tcp(7)), or -errno. */
int sock_unsent(int fd);

#endif
