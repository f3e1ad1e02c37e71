#include "stress/target.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define DEFAULT_PORT "8000"

/* ---- the text ---- */

/* 1 to 65535, digits only. */
static bool
is_port(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long port;

	if (digits == 0 || digits > 5 || text[digits] != '\0')
		return false;
	port = strtoul(text, NULL, 10);
	return port >= 1 && port <= UINT16_MAX;
}

/* Where does the host begin and end, and where the port (NULL: not said)? */
static int
split(const char *text, const char **host, size_t *len, const char **port)
{
	const char *end;

	*port = NULL;
	*host = text;
	if (*text == '[') {
		end = strchr(text, ']');
		if (end == NULL || (end[1] != ':' && end[1] != '\0'))
			return -EINVAL;
		*host = text + 1;
		if (end[1] == ':')
			*port = end + 2;
	} else {
		end = strchr(text, ':');
		if (end == NULL || strchr(end + 1, ':') != NULL)
			end = text + strlen(text); /* a name, or a bare IPv6 address */
		else
			*port = end + 1;
	}
	*len = (size_t)(end - *host);
	return *len > 0 ? 0 : -EINVAL;
}

/* If text begins with this, what stands behind it, else NULL. */
static const char *
behind(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

static int
parse_path(struct target *ret, const char *text, const char *path)
{
	struct sockaddr_un un;

	if (path[0] != '/' || strlen(path) >= sizeof(un.sun_path))
		return -EINVAL;
	*ret = (struct target){ .text = text, .path = path };
	return 0;
}

int
target_parse(struct target *ret, const char *text)
{
	const char *path = behind(text, "unix:"), *rest = behind(text, "udp:");
	const char *host, *port;
	size_t len;

	if (path != NULL)
		return parse_path(ret, text, path);
	if (split(rest != NULL ? rest : text, &host, &len, &port) < 0)
		return -EINVAL;
	if (port != NULL && !is_port(port))
		return -EINVAL;
	*ret = (struct target){ .text = text, .udp = rest != NULL };
	ret->host = strndup(host, len);
	ret->port = strdup(port != NULL ? port : DEFAULT_PORT);
	if (ret->host == NULL || ret->port == NULL) {
		target_release(ret);
		return -ENOMEM;
	}
	return 0;
}

void
target_release(struct target *t)
{
	free(t->host);
	free(t->port);
	t->host = t->port = NULL;
}

/* ---- the look-up ---- */

int
target_resolve(struct target *t, int family)
{
	struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	int r;

	if (t->path != NULL)
		return 0;
	r = getaddrinfo(t->host, t->port, &hints, &found);
	if (r != 0)
		return r;
	t->naddrs = 0;
	for (const struct addrinfo *a = found; a != NULL; a = a->ai_next) {
		struct addr addr = { 0 };

		if (t->naddrs == TARGET_ADDRS || a->ai_addrlen > sizeof(addr))
			continue;
		memcpy(&addr, a->ai_addr, a->ai_addrlen);
		t->addrs[t->naddrs++] = addr;
	}
	freeaddrinfo(found);
	return t->naddrs > 0 ? 0 : EAI_NONAME;
}

const char *
target_where(const struct target *t, char buf[ADDR_TEXT])
{
	return t->path != NULL ? t->text : addr_format(&t->addrs[t->in_use], buf);
}

/* ---- sources ---- */

static int
parse_numeric(struct addr *ret, const char *text, size_t len)
{
	bool v6 = memchr(text, ':', len) != NULL;
	char buf[ADDR_TEXT];
	int n = snprintf(buf, sizeof(buf), v6 ? "[%.*s]:0" : "%.*s:0", (int)len, text);

	if (n < 0 || (size_t)n >= sizeof(buf))
		return -EINVAL;
	return addr_parse(ret, buf) < 0 ? -EINVAL : 0;
}

/* The last 32 bits, in which the addresses of a range may differ. */
static uint32_t
tail_of(const struct addr *a)
{
	uint32_t tail = a->in.sin_addr.s_addr;

	if (a->sa.sa_family == AF_INET6)
		memcpy(&tail, &a->in6.sin6_addr.s6_addr[12], sizeof(tail));
	return ntohl(tail);
}

static void
set_tail(struct addr *a, uint32_t tail)
{
	tail = htonl(tail);
	if (a->sa.sa_family == AF_INET6)
		memcpy(&a->in6.sin6_addr.s6_addr[12], &tail, sizeof(tail));
	else
		a->in.sin_addr.s_addr = tail;
}

/* ADDR or ADDR-ADDR; but the name of an interface may have a dash as well. */
static int
parse_ends(struct addr *first, struct addr *last, const char *text)
{
	const char *dash = strchr(text, '-');

	if (parse_numeric(last, text, strlen(text)) == 0) {
		*first = *last;
		return 0;
	}
	while (dash != NULL &&
	    (parse_numeric(first, text, (size_t)(dash - text)) < 0 ||
		parse_numeric(last, dash + 1, strlen(dash + 1)) < 0))
		dash = strchr(dash + 1, '-');
	return dash != NULL ? 0 : -EINVAL;
}

int
source_parse(struct source_range *ret, const char *text)
{
	struct addr first, last, probe;

	if (parse_ends(&first, &last, text) < 0)
		return -EINVAL;
	probe = last;
	if (probe.sa.sa_family == first.sa.sa_family)
		set_tail(&probe, tail_of(&first));
	if (!addr_equal(&probe, &first) || tail_of(&last) < tail_of(&first))
		return -EINVAL;
	ret->first = first;
	ret->count = tail_of(&last) - tail_of(&first) + 1;
	return ret->count > 0 ? 0 : -EINVAL;
}

struct addr
source_nth(const struct source_range *s, uint32_t n)
{
	struct addr a = s->first;

	set_tail(&a, tail_of(&a) + n % s->count);
	return a;
}
