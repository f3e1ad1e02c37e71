#include "sim/terms.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "echod/config_listen.h"
#include "sim/dice.h"
#include "sim/world.h"

static const char *const addresses[] = {
	"127.0.0.1:8000",
	"127.0.0.1:8001",
	"[::1]:8000",
	"0.0.0.0:8001",
	"udp:127.0.0.1:8000",
	"udp:[::1]:8001",
};

_Static_assert(ARRAY_SIZE(addresses) <= TERMS_LISTEN_MAX, "room for all of them");

static void
listen_on(struct terms *t, const struct addr *at, bool udp)
{
	t->listen[t->nlisten++] = (struct place){ *at, udp };
}

static int
roll_port(struct terms *t, struct config *config)
{
	uint16_t port = (uint16_t)dice_pick(8000, 8000, 8001);
	struct addr v4 = addr_any(AF_INET, port), v6 = addr_any(AF_INET6, port);

	t->by_port = true;
	config_set_port(config, port);
	listen_on(t, &v4, false);
	listen_on(t, &v6, false);
	return 0;
}

static int
roll_list(struct terms *t, struct config *config)
{
	int64_t which = dice_between(1, (1 << ARRAY_SIZE(addresses)) - 1);

	if (which >> 1 & 1) /* or 0.0.0.0:8001 would be in use */
		which &= ~(INT64_C(1) << 3);
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct addr at;
		bool udp;

		if (!(which >> i & 1))
			continue;
		if (config_listen_add(config, addresses[i]) != NULL) {
			config_release(config);
			return -ENOMEM;
		}
		udp = strncmp(addresses[i], "udp:", 4) == 0;
		addr_parse(&at, addresses[i] + (udp ? 4 : 0));
		listen_on(t, &at, udp);
	}
	return 0;
}

static void
describe(const struct terms *t, const struct config *c)
{
	char text[ADDR_TEXT];

	for (int i = 0; i < t->nlisten; i++)
		trace("configuration: listen on %s%s", t->listen[i].udp ? "udp:" : "",
		    addr_format(&t->listen[i].addr, text));
	trace("configuration: %jd connections, %jd per address, idle %.3f s, "
	      "drain %.3f s, lifetime %.3f s, %jd bytes/s, buffer %jd, %s, spin %jd us",
	    (intmax_t)t->max_connections, (intmax_t)t->max_per_address,
	    (double)t->idle_ns / 1e9, (double)t->drain_ns / 1e9,
	    (double)t->lifetime_ns / 1e9, (intmax_t)t->bytes_per_second,
	    (intmax_t)c->buffer_size, c->backend, (intmax_t)c->spin_us);
}

int
terms_roll(struct terms *ret, struct config *config)
{
	struct terms t = {
		.max_connections = dice_pick(1000, 1000, 1, 2, 5, 10),
		.max_per_address = dice_pick(0, 0, 1, 2, 5),
		.idle_ns = MILLISECONDS(dice_pick(0, 300, 1000, 2000, 10000)),
		.drain_ns = MILLISECONDS(dice_pick(0, 50, 500, 3000)),
		.lifetime_ns = MILLISECONDS(dice_pick(0, 0, 0, 700, 5000)),
		.bytes_per_second = dice_pick(0, 0, 0, 2000, 100000),
	};

	int r;

	config_defaults(config);
	r = dice_once_in(2) ? roll_list(&t, config) : roll_port(&t, config);
	if (r < 0)
		return r;
	config->max_connections = t.max_connections;
	config->max_connections_per_address = t.max_per_address;
	config->idle_ns = t.idle_ns;
	config->drain_ns = t.drain_ns;
	config->max_lifetime_ns = t.lifetime_ns;
	config->bytes_per_second = t.bytes_per_second;
	config->buffer_size = dice_pick(1, 100, 1024, 8192, 8192);
	config->log_level = dice_pick(LOG_LEVEL_DEBUG, LOG_LEVEL_INFO);
	config->backend = dice_once_in(2) ? "select" : "auto";
	config->spin_us = dice_pick(0, 20, 100);
	describe(&t, config);
	*ret = t;
	return 0;
}
