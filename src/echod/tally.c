#include "echod/tally.h"

#include <assert.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

struct address {
	struct addr_prefix key;
	int64_t count;
};

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct addr_prefix)); /* the key comes first */
}

static struct address *
find(const struct tally *t, const struct addr_prefix *key)
{
	struct address **node = tfind(key, &t->root, compare);

	return node != NULL ? *node : NULL;
}

int64_t
tally_count(const struct tally *t, const struct addr *a)
{
	struct addr_prefix key = addr_prefix(a);
	const struct address *e = find(t, &key);

	return e != NULL ? e->count : 0;
}

int
tally_add(struct tally *t, const struct addr *a)
{
	struct addr_prefix key = addr_prefix(a);
	struct address *e = find(t, &key);

	if (e != NULL) {
		e->count++;
		return 0;
	}
	e = malloc(sizeof(*e));
	if (e == NULL)
		return -ENOMEM;
	*e = (struct address){ .key = key, .count = 1 };
	if (tsearch(e, &t->root, compare) == NULL) {
		free(e);
		return -ENOMEM;
	}
	return 0;
}

void
tally_remove(struct tally *t, const struct addr *a)
{
	struct addr_prefix key = addr_prefix(a);
	struct address *e = find(t, &key);

	assert(e != NULL);
	if (--e->count > 0)
		return;
	tdelete(e, &t->root, compare);
	free(e);
}
