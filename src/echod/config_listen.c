#include "echod/config_listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/sock_unix.h"

/* ---- reading ---- */

static const char *
parse_path(struct config_listen *ret, const char *path)
{
	ret->path = path;
	if (*path != '/')
		return "is not the path of a socket, which begins with /";
	if (strlen(path) >= SOCK_UNIX_PATH)
		return "has a path of more than 107 bytes";
	return NULL;
}

static bool
lacks_scope(const struct addr *a)
{
	return a->sa.sa_family == AF_INET6 && a->in6.sin6_scope_id == 0 &&
	    IN6_IS_ADDR_LINKLOCAL(&a->in6.sin6_addr);
}

static const char *
parse_address(struct config_listen *ret, const char *text)
{
	char v4[ADDR_TEXT];
	int r;

	ret->both = strncmp(text, "*:", 2) == 0;
	snprintf(v4, sizeof(v4), "0.0.0.0%s", ret->both ? text + 1 : "");
	r = addr_parse(&ret->addr, ret->both ? v4 : text);
	if (r == -ENODEV)
		return "names an interface that does not exist";
	if (r < 0)
		return "is not an address such as \"127.0.0.1:8000\", \"[::1]:8000\" "
		       "or \"*:8000\"";
	addr_unmap(&ret->addr);
	if (addr_is_many(&ret->addr))
		return "is not the address of one host, so nobody could be answered "
		       "from it";
	if (lacks_scope(&ret->addr))
		return "is link-local: it takes an interface, as in "
		       "\"[fe80::1%eth0]:8000\"";
	return NULL;
}

static const struct {
	const char *prefix;
	enum sock_kind kind;
	const char *(*parse)(struct config_listen *ret, const char *rest);
} kinds[] = {
	{ "udp:", SOCK_UDP, parse_address },
	{ "unix:", SOCK_UNIX, parse_path },
	{ "", SOCK_TCP, parse_address },
};

const char *
config_listen_parse(struct config_listen *ret, char *text)
{
	size_t i = 0;

	while (strncmp(text, kinds[i].prefix, strlen(kinds[i].prefix)) != 0)
		i++;
	*ret = (struct config_listen){ .text = text, .kind = kinds[i].kind };
	return kinds[i].parse(ret, text + strlen(kinds[i].prefix));
}

/* ---- the list ---- */

static bool
covers(const struct config_listen *a, const struct config_listen *b)
{
	struct addr v6;

	if (a->kind != b->kind)
		return false;
	if (a->kind == SOCK_UNIX)
		return strcmp(a->path, b->path) == 0;
	v6 = addr_any(AF_INET6, addr_port(&a->addr));
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

/* Returns NULL or what is wrong; then the text is still the caller's. */
static const char *
add(struct config *c, char *text)
{
	size_t n = (size_t)c->nlisten;
	struct config_listen *room;
	struct config_listen one;
	const char *wrong = config_listen_parse(&one, text);

	if (wrong != NULL)
		return wrong;
	if (is_there(c, &one))
		return "is there already";
	room = reallocarray(c->listen, n + 1, sizeof(*room));
	if (room == NULL)
		return strerror(ENOMEM);
	room[n] = one;
	c->listen = room;
	c->nlisten++;
	return NULL;
}

const char *
config_listen_add(struct config *c, const char *text)
{
	char *copy = strdup(text);
	const char *wrong = copy == NULL ? strerror(ENOMEM) : add(c, copy);

	if (wrong != NULL)
		free(copy);
	return wrong;
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
