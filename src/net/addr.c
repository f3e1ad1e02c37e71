#include "net/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct addr
addr_any(int family, uint16_t port)
{
	struct addr a = { .sa.sa_family = (sa_family_t)family };

	addr_set_port(&a, port);
	return a;
}

/* "0" to "65535", digits only. */
static int
parse_port(uint16_t *ret, const char *text)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long port;

	if (digits == 0 || digits > 5 || text[digits] != '\0')
		return -EINVAL;
	port = strtoul(text, NULL, 10);
	if (port > UINT16_MAX)
		return -EINVAL;
	*ret = (uint16_t)port;
	return 0;
}

/* host is "::1" or "fe80::1%eth0"; it is cut at the percent sign. */
static int
parse_host6(struct addr *ret, char *host)
{
	char *scope = strchr(host, '%');

	ret->in6.sin6_family = AF_INET6;
	if (scope != NULL) {
		*scope++ = '\0';
		ret->in6.sin6_scope_id = if_nametoindex(scope);
		if (ret->in6.sin6_scope_id == 0)
			return -ENODEV;
	}
	return inet_pton(AF_INET6, host, &ret->in6.sin6_addr) == 1 ? 0 : -EINVAL;
}

static int
parse_host4(struct addr *ret, const char *host)
{
	ret->in.sin_family = AF_INET;
	return inet_pton(AF_INET, host, &ret->in.sin_addr) == 1 ? 0 : -EINVAL;
}

int
addr_parse(struct addr *ret, const char *text)
{
	const char *colon = strrchr(text, ':');
	struct addr a = { 0 };
	char host[ADDR_TEXT];
	uint16_t port;
	size_t len;
	int r;

	if (colon == NULL || (size_t)(colon - text) >= sizeof(host) ||
	    parse_port(&port, colon + 1) < 0)
		return -EINVAL;
	len = (size_t)(colon - text);
	memcpy(host, text, len);
	host[len] = '\0';

	if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		r = parse_host6(&a, host + 1);
	} else {
		r = parse_host4(&a, host);
	}
	if (r < 0)
		return r;
	addr_set_port(&a, port);
	*ret = a;
	return 0;
}

static const char *
format6(const struct addr *a, char buf[ADDR_TEXT])
{
	char host[INET6_ADDRSTRLEN], name[IF_NAMESIZE];
	uint32_t scope = a->in6.sin6_scope_id;

	inet_ntop(AF_INET6, &a->in6.sin6_addr, host, sizeof(host));
	if (scope == 0)
		snprintf(buf, ADDR_TEXT, "[%s]:%u", host, addr_port(a));
	else if (if_indextoname(scope, name) != NULL)
		snprintf(buf, ADDR_TEXT, "[%s%%%s]:%u", host, name, addr_port(a));
	else
		snprintf(buf, ADDR_TEXT, "[%s%%%u]:%u", host, scope, addr_port(a));
	return buf;
}

const char *
addr_format(const struct addr *a, char buf[ADDR_TEXT])
{
	char host[INET_ADDRSTRLEN];

	if (a->sa.sa_family == AF_INET6)
		return format6(a, buf);
	if (a->sa.sa_family == AF_UNIX) {
		snprintf(buf, ADDR_TEXT, "unix pid %d uid %u", (int)a->process.pid,
		    (unsigned)a->process.uid);
		return buf;
	}
	inet_ntop(AF_INET, &a->in.sin_addr, host, sizeof(host));
	snprintf(buf, ADDR_TEXT, "%s:%u", host, addr_port(a));
	return buf;
}

uint16_t
addr_port(const struct addr *a)
{
	return ntohs(a->sa.sa_family == AF_INET6 ? a->in6.sin6_port : a->in.sin_port);
}

void
addr_set_port(struct addr *a, uint16_t port)
{
	if (a->sa.sa_family == AF_INET6)
		a->in6.sin6_port = htons(port);
	else
		a->in.sin_port = htons(port);
}

socklen_t
addr_len(const struct addr *a)
{
	return a->sa.sa_family == AF_INET6 ? sizeof(a->in6) : sizeof(a->in);
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family || addr_port(a) != addr_port(b))
		return false;
	if (a->sa.sa_family == AF_INET6)
		return a->in6.sin6_scope_id == b->in6.sin6_scope_id &&
		    IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr);
	return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
}

bool
addr_is_many(const struct addr *a)
{
	in_addr_t host = ntohl(a->in.sin_addr.s_addr);

	if (a->sa.sa_family == AF_INET6)
		return IN6_IS_ADDR_MULTICAST(&a->in6.sin6_addr);
	return IN_MULTICAST(host) || host == INADDR_BROADCAST;
}

void
addr_unmap(struct addr *a)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = a->in6.sin6_port };

	if (a->sa.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
		return;
	memcpy(&in.sin_addr, &a->in6.sin6_addr.s6_addr[12], sizeof(in.sin_addr));
	a->in = in;
}

struct addr_prefix
addr_prefix(const struct addr *a)
{
	struct addr_prefix p = { 0 };

	if (a->sa.sa_family == AF_INET6) {
		p.bytes[0] = 6;
		memcpy(p.bytes + 1, &a->in6.sin6_addr, 8);
	} else if (a->sa.sa_family == AF_UNIX) {
		p.bytes[0] = 1;
		memcpy(p.bytes + 1, &a->process.uid, 4);
	} else {
		p.bytes[0] = 4;
		memcpy(p.bytes + 1, &a->in.sin_addr, 4);
	}
	return p;
}
