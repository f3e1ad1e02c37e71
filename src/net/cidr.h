/* cidr.h - sets of addresses: "192.0.2.0/24", "2001:db8::/32" (RFC 4632, RFC 4291). */
#ifndef ECHOD_NET_CIDR_H
#define ECHOD_NET_CIDR_H

#include <stdbool.h>
#include <stdint.h>

#include "net/addr.h"

/* All addresses of a family that begin with the same bits. */
struct cidr {
	uint8_t family; /* AF_INET or AF_INET6 */
	uint8_t bits;
	uint8_t bytes[16]; /* zero beyond the bits */
};

/* Room for the longest text. */
#define CIDR_TEXT 64

/*
 * Read "192.0.2.0/24", "2001:db8::/32", or one address alone.  Bits beyond the
 * prefix do not count, and a v4-mapped prefix is the IPv4 one that it maps.
 * Returns 0, or -EINVAL with *ret untouched.
 */
int cidr_parse(struct cidr *ret, const char *text);

/* Write it as cidr_parse() reads it, always with the number of bits.  Returns buf. */
const char *cidr_format(const struct cidr *c, char buf[CIDR_TEXT]);

/* Is the address in it?  Unmap it first (addr_unmap()). */
bool cidr_has(const struct cidr *c, const struct addr *a);

/* Several of them.  Zero bytes: none. */
struct cidr_list {
	struct cidr *all;
	int n;
};

/* Returns 0 or -ENOMEM. */
int cidr_list_add(struct cidr_list *list, const struct cidr *c);

/* Back to none. */
void cidr_list_drop(struct cidr_list *list);

/* Is the address in any of them? */
bool cidr_list_has(const struct cidr_list *list, const struct addr *a);

#endif
