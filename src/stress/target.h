/* target.h - where the server is, and from where to connect to it. */
#ifndef ECHOD_STRESS_TARGET_H
#define ECHOD_STRESS_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "net/addr.h"

#define TARGET_ADDRS 8 /* of one name; more are left out */

struct target {
	const char *text; /* as given: "localhost:8000" */
	bool udp;
	const char *path; /* of a UNIX socket; then it has none of these: */
	char *host, *port;
	struct addr addrs[TARGET_ADDRS]; /* in the order to try them */
	int naddrs;
	int in_use; /* which of them */
};

/*
 * Read "HOST", "HOST:PORT", "[IPV6]:PORT" or "IPV6", any of them behind "udp:",
 * or "unix:/PATH"; text must live as long.  Returns 0 or -EINVAL.
 */
int target_parse(struct target *ret, const char *text);

void target_release(struct target *t);

/*
 * Look its name up; family: AF_UNSPEC, or only addresses of this one.  Returns
 * 0, or a code for gai_strerror(3).
 */
int target_resolve(struct target *t, int family);

/* Where that is, for people: an address in use, or the path.  Returns buf or t->text. */
const char *target_where(const struct target *t, char buf[ADDR_TEXT]);

/* Source addresses to spread connections over.  Zero bytes: the kernel picks. */
struct source_range {
	struct addr first;
	uint32_t count;
};

/* Read "ADDR" or "ADDR-ADDR", both of a family.  Returns 0 or -EINVAL. */
int source_parse(struct source_range *ret, const char *text);

/* The address of the n-th connection, with port 0. */
struct addr source_nth(const struct source_range *s, uint32_t n);

#endif
