/* tally.h - how many connections each peer address has. */
#ifndef ECHOD_ECHOD_TALLY_H
#define ECHOD_ECHOD_TALLY_H

#include <stdint.h>

#include "net/addr.h"

/* A search tree of those that have any.  Zero bytes: empty. */
struct tally {
	void *root;
};

/* Connections of this address (IPv6: of its /64). */
int64_t tally_count(const struct tally *t, const struct addr *a);

/* One more.  Returns 0 or -ENOMEM. */
int tally_add(struct tally *t, const struct addr *a);

/* One less; there must be one. */
void tally_remove(struct tally *t, const struct addr *a);

#endif
