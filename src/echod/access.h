/* access.h - who is served, by address. */
#ifndef ECHOD_ECHOD_ACCESS_H
#define ECHOD_ECHOD_ACCESS_H

#include <stdbool.h>

#include "net/addr.h"
#include "net/cidr.h"

/* Zero bytes: everybody. */
struct access {
	struct cidr_list allow; /* empty: all that is not denied */
	struct cidr_list deny;	/* wins */
};

/* Processes of this machine are always served: their limit is the socket's mode. */
bool access_permits(const struct access *access, const struct addr *peer);

/* Back to everybody. */
void access_drop(struct access *access);

#endif
