#include "sim/places.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "echod/config_listen.h"
#include "sim/dice.h"
#include "sim/host.h"
#include "sim/world.h"

static const char *const entries[] = {
	"127.0.0.1:8000",
	"127.0.0.1:8001",
	"[::1]:8000",
	"0.0.0.0:8001",
	"*:8000",
	"*:8002",
	"127.0.0.1:0",
	"[::]:8003",
	"0.0.0.0:8003",
	"udp:127.0.0.1:8000",
	"udp:[::1]:8001",
	"udp:*:8002",
	"unix:/run/echod/a.sock",
	"unix:/run/echod/b.sock",
	"unix:/run/echod.sock",
};

static struct place *
add(struct places *places, const char *text, enum sock_kind kind)
{
	struct place *p = &places->all[places->n++];

	*p = (struct place){ .kind = kind };
	snprintf(p->text, sizeof(p->text), "%s", text);
	return p;
}

static void
add_addr(struct places *places, const char *text, enum sock_kind kind,
    const struct addr *at)
{
	add(places, text, kind)->addr = *at;
}

/* Of both families, or of the one that there is. */
static void
add_both(struct places *places, const char *text, enum sock_kind kind, uint16_t port)
{
	struct addr v4 = addr_any(AF_INET, port), v6 = addr_any(AF_INET6, port);

	if (net.missing != AF_INET)
		add_addr(places, text, kind, &v4);
	if (net.missing != AF_INET6)
		add_addr(places, text, kind, &v6);
}

/* Do two of them exclude each other? */
static bool
is_taken(const struct places *places, enum sock_kind kind, const struct addr *at)
{
	for (int i = 0; i < places->n; i++)
		if (places->all[i].kind == kind &&
		    net_overlap(&places->all[i].addr, at))
			return true;
	return false;
}

/* Returns whether it went with those before. */
static bool
add_entry(struct places *places, const char *text)
{
	enum sock_kind kind = strncmp(text, "udp:", 4) == 0 ? SOCK_UDP : SOCK_TCP;
	const char *address = text + (kind == SOCK_UDP ? 4 : 0);
	struct addr at = addr_any(AF_INET, 0);
	unsigned port;

	if (strncmp(text, "unix:", 5) == 0) {
		add(places, text, SOCK_UNIX)->file = file_at(text + 5);
		return true;
	}
	if (sscanf(address, "*:%u", &port) == 1) {
		addr_set_port(&at, (uint16_t)port);
		if (is_taken(places, kind, &at))
			return false;
		at = addr_any(AF_INET6, (uint16_t)port);
		if (is_taken(places, kind, &at))
			return false;
		add_both(places, text, kind, (uint16_t)port);
		return true;
	}
	addr_parse(&at, address);
	if (is_taken(places, kind, &at))
		return false;
	places->lacking |= at.sa.sa_family == net.missing && net_lacks(&at);
	add_addr(places, text, kind, &at);
	return true;
}

static int
roll_list(struct places *places, struct config *config)
{
	int once_in = (int)dice_pick(2, 4, 8);

	while (config->nlisten == 0)
		for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
			if (!dice_once_in(once_in) || !add_entry(places, entries[i]))
				continue;
			if (config_listen_add(config, entries[i]) != NULL) {
				config_release(config);
				return -ENOMEM;
			}
		}
	return 0;
}

int
places_roll(struct places *ret, struct config *config)
{
	uint16_t port = (uint16_t)dice_pick(8000, 8000, 8001, 0);
	char text[16];

	*ret = (struct places){ .by_port = dice_once_in(3) };
	if (!ret->by_port)
		return roll_list(ret, config);
	config_set_port(config, port);
	snprintf(text, sizeof(text), "*:%u", port);
	add_both(ret, text, SOCK_TCP, port);
	return 0;
}

/* ---- what covers what ---- */

/* A socket of a service manager that takes both families. */
static bool
has_both(const struct place *p, const struct descriptor *d)
{
	struct addr any = addr_any(AF_INET, addr_port(&d->at));

	return d->dual_stack && addr_equal(&p->addr, &any);
}

bool
place_has(const struct place *p, const struct descriptor *d)
{
	struct addr at = d->at;

	if (d->kind != (p->kind == SOCK_UDP ? UDP : LISTENER) || d->file != p->file)
		return false;
	if (p->file != NULL || has_both(p, d))
		return true;
	if (addr_port(&p->addr) == 0 && addr_port(&at) >= NET_PICKED)
		addr_set_port(&at, 0);
	return addr_equal(&at, &p->addr);
}

bool
places_name(const struct places *places, const struct place *p)
{
	for (int i = 0; i < places->n; i++)
		if (strcmp(places->all[i].text, p->text) == 0)
			return true;
	return false;
}

bool
places_can_be_had(const struct places *places, const struct places *others)
{
	if (places->lacking)
		return false;
	for (int i = 0; i < places->n; i++) {
		const struct place *p = &places->all[i];

		if (others != NULL && places_name(others, p) &&
		    (p->file == NULL || p->file->ours))
			continue;
		if (p->file != NULL ? !file_is_free(p->file)
				    : net_is_taken(&p->addr, p->kind == SOCK_UDP))
			return false;
	}
	return true;
}

bool
places_are_inherited(void)
{
	for (int fd = 3; fd < net.top; fd++)
		if (net_listens(&net.table[fd]) && net.table[fd].inherited)
			return host.terms.places.by_port;
	return false;
}

bool
is_wanted(const struct descriptor *d)
{
	const struct places *places = &host.terms.places;

	if (places_are_inherited())
		return d->inherited || d->stays;
	for (int i = 0; i < places->n; i++)
		if (place_has(&places->all[i], d))
			return true;
	return false;
}
