/* addr.h - the address of a socket, read from text and written as text. */
#ifndef ECHOD_NET_ADDR_H
#define ECHOD_NET_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Who is at the other end of a UNIX socket, which has no address worth telling. */
struct addr_process {
	sa_family_t family; /* AF_UNIX */
	pid_t pid;
	uid_t uid;
};

/*
 * An IPv4 or IPv6 address and port, or a process on this machine.  28 bytes:
 * there is one per connection.
 */
struct addr {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct addr_process process;
	};
};

/* Room for the longest text: "[" IPv6 "%" scope "]:65535". */
#define ADDR_TEXT 80

/* The wildcard address of a family, AF_INET or AF_INET6; port in host order. */
struct addr addr_any(int family, uint16_t port);

/*
 * Read "127.0.0.1:8000", "[::1]:8000" or "[fe80::1%eth0]:8000": numbers only,
 * never a name, so never a look-up.  Returns 0, -EINVAL, or -ENODEV for an
 * interface that does not exist; *ret is untouched on failure.
 */
int addr_parse(struct addr *ret, const char *text);

/*
 * Write it as addr_parse() reads it, or "unix pid 123 uid 1000".  Returns buf, for
 * use in a log line.
 */
const char *addr_format(const struct addr *a, char buf[ADDR_TEXT]);

/* These are for IPv4 and IPv6.  The port is in host order. */
uint16_t addr_port(const struct addr *a);
void addr_set_port(struct addr *a, uint16_t port);
socklen_t addr_len(const struct addr *a);

/* Same family, address, scope and port. */
bool addr_equal(const struct addr *a, const struct addr *b);

/* Is it multicast, or the broadcast address 255.255.255.255? */
bool addr_is_many(const struct addr *a);

/* Turn the v4-mapped ::ffff:192.0.2.1 (RFC 4291, 2.5.5.2) into 192.0.2.1. */
void addr_unmap(struct addr *a);

/*
 * What one peer is to the limits: an IPv4 address, or the /64 prefix of an IPv6
 * address, because one host can have all of that; or a user of this machine.
 * Compare with memcmp(3).
 */
struct addr_prefix {
	uint8_t bytes[9]; /* 4, 6 or 1 for a user; then the prefix, zero-padded */
};

struct addr_prefix addr_prefix(const struct addr *a);

#endif
