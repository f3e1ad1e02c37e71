#include "loop/poller.h"

#include <stddef.h>
#include <string.h>

#include "base/util.h"

/* Best first. */
static const struct poller_ops *const backends[] = {
#ifdef WITH_EPOLL
	&poller_epoll,
#endif
	&poller_select,
};

const struct poller_ops *
poller_find(const char *name)
{
	if (strcmp(name, "auto") == 0)
		return backends[0];
	for (size_t i = 0; i < ARRAY_SIZE(backends); i++)
		if (strcmp(name, backends[i]->name) == 0)
			return backends[i];
	return NULL;
}
