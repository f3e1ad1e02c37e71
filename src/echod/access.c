#include "echod/access.h"

bool
access_permits(const struct access *access, const struct addr *peer)
{
	if (peer->sa.sa_family == AF_UNIX)
		return true;
	if (cidr_list_has(&access->deny, peer))
		return false;
	return access->allow.n == 0 || cidr_list_has(&access->allow, peer);
}

void
access_drop(struct access *access)
{
	cidr_list_drop(&access->allow);
	cidr_list_drop(&access->deny);
}
