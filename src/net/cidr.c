#include "net/cidr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t
family_bits(uint8_t family)
{
	return family == AF_INET6 ? 128 : 32;
}

/* How many of the eight bits of that byte belong to the prefix, as a mask. */
static uint8_t
mask_of_byte(const struct cidr *c, int byte)
{
	int bits = c->bits - 8 * byte;

	if (bits >= 8)
		return 0xff;
	if (bits <= 0)
		return 0;
	return (uint8_t)(0xff << (8 - bits));
}

/* "0" to the family's number of bits, digits only. */
static int
parse_bits(struct cidr *c, const char *text)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long bits = strtoul(text, NULL, 10);

	if (digits == 0 || digits > 3 || text[digits] != '\0' ||
	    bits > family_bits(c->family))
		return -EINVAL;
	c->bits = (uint8_t)bits;
	return 0;
}

/*
 * ::ffff:192.0.2.0/120 is 192.0.2.0/24: nobody comes from the former.  A prefix of
 * less than 96 bits does not have all of these bytes.
 */
static void
unmap(struct cidr *c)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (c->family != AF_INET6 || memcmp(c->bytes, mapped, sizeof(mapped)) != 0)
		return;
	c->family = AF_INET;
	c->bits -= 96;
	memmove(c->bytes, c->bytes + 12, 4);
	memset(c->bytes + 4, 0, 12);
}

int
cidr_parse(struct cidr *ret, const char *text)
{
	const char *slash = strchr(text, '/');
	size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	struct cidr c = { 0 };
	char host[INET6_ADDRSTRLEN];

	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	c.family = strchr(host, ':') != NULL ? AF_INET6 : AF_INET;
	if (inet_pton(c.family, host, c.bytes) != 1)
		return -EINVAL;

	c.bits = family_bits(c.family);
	if (slash != NULL && parse_bits(&c, slash + 1) < 0)
		return -EINVAL;
	for (int i = 0; i < 16; i++)
		c.bytes[i] &= mask_of_byte(&c, i);
	unmap(&c);
	*ret = c;
	return 0;
}

const char *
cidr_format(const struct cidr *c, char buf[CIDR_TEXT])
{
	char host[INET6_ADDRSTRLEN];

	inet_ntop(c->family, c->bytes, host, sizeof(host));
	snprintf(buf, CIDR_TEXT, "%s/%u", host, c->bits);
	return buf;
}

bool
cidr_has(const struct cidr *c, const struct addr *a)
{
	const uint8_t *bytes = a->sa.sa_family == AF_INET6
	    ? a->in6.sin6_addr.s6_addr
	    : (const uint8_t *)&a->in.sin_addr;

	if (a->sa.sa_family != c->family)
		return false;
	for (int i = 0; 8 * i < c->bits; i++)
		if ((bytes[i] & mask_of_byte(c, i)) != c->bytes[i])
			return false;
	return true;
}

int
cidr_list_add(struct cidr_list *list, const struct cidr *c)
{
	struct cidr *more = reallocarray(list->all, (size_t)list->n + 1, sizeof(*more));

	if (more == NULL)
		return -ENOMEM;
	more[list->n++] = *c;
	list->all = more;
	return 0;
}

void
cidr_list_drop(struct cidr_list *list)
{
	free(list->all);
	*list = (struct cidr_list){ 0 };
}

bool
cidr_list_has(const struct cidr_list *list, const struct addr *a)
{
	for (int i = 0; i < list->n; i++)
		if (cidr_has(&list->all[i], a))
			return true;
	return false;
}
