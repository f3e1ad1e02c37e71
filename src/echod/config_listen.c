#include "echod/config_listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int
parse(struct config_listen *ret, const char *text)
{
	bool both = strncmp(text, "*:", 2) == 0;
	char v4[ADDR_TEXT];

	ret->both = both;
	snprintf(v4, sizeof(v4), "0.0.0.0%s", both ? text + 1 : "");
	return addr_parse(&ret->addr, both ? v4 : text);
}

static bool
covers(const struct config_listen *a, const struct config_listen *b)
{
	struct addr v6 = addr_any(AF_INET6, addr_port(&a->addr));

	return addr_equal(&a->addr, &b->addr) || (a->both && addr_equal(&v6, &b->addr));
}

static bool
is_there(const struct config *c, const struct config_listen *one)
{
	for (int i = 0; i < c->nlisten; i++)
		if (covers(&c->listen[i], one) || covers(one, &c->listen[i]))
			return true;
	return false;
}

static int
append(struct config *c, const struct config_listen *one, const char *text)
{
	size_t n = (size_t)c->nlisten;
	struct config_listen *room = realloc(c->listen, (n + 1) * sizeof(*room));

	if (room == NULL)
		return -ENOMEM;
	c->listen = room;
	room[n] = *one;
	room[n].text = strdup(text);
	if (room[n].text == NULL)
		return -ENOMEM;
	c->nlisten++;
	return 0;
}

const char *
config_listen_add(struct config *c, const char *text)
{
	struct config_listen one = { 0 };
	int r;

	if (strncmp(text, "udp:", 4) == 0 || strncmp(text, "unix:", 5) == 0)
		return "is not supported by this version of echod";
	r = parse(&one, text);
	if (r == -EINVAL)
		return "is not an address such as \"127.0.0.1:8000\", \"[::1]:8000\" "
		       "or "
		       "\"*:8000\"";
	if (r == 0 && is_there(c, &one))
		return "is there already";
	if (r == 0)
		r = append(c, &one, text);
	if (r == -ENODEV)
		return "names an interface that does not exist";
	return r == 0 ? NULL : strerror(-r);
}

void
config_listen_drop(struct config *c)
{
	for (int i = 0; i < c->nlisten; i++)
		free(c->listen[i].text);
	free(c->listen);
	c->listen = NULL;
	c->nlisten = 0;
}
