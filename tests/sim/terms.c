#include "sim/terms.h"

#include <errno.h>

#include "base/util.h"
#include "net/cidr.h"
#include "sim/dice.h"
#include "sim/homes.h"
#include "sim/world.h"

/* ---- access ---- */

/* Returns the homes in it, or -ENOMEM. */
static int
add_network(struct cidr_list *list)
{
	const struct network *network = network_roll();
	struct cidr c;

	require(cidr_parse(&c, network->text) == 0, "%s is no network", network->text);
	trace("configuration: %s", network->text);
	return cidr_list_add(list, &c) == 0 ? (int)network->homes : -ENOMEM;
}

/* So many networks.  Returns 0 or -ENOMEM. */
static int
roll_networks(unsigned *ret, struct cidr_list *list, int64_t n)
{
	for (; n > 0; n--) {
		int homes = add_network(list);

		if (homes < 0)
			return homes;
		*ret |= (unsigned)homes;
	}
	return 0;
}

static int
roll_access(struct terms *t, struct access *access)
{
	int64_t allowed = dice_pick(0, 0, 0, 0, 0, 1, 4),
		denied = dice_pick(0, 0, 0, 0, 1, 2);
	int r;

	t->allows_all = allowed == 0;
	if (allowed > 0)
		trace("configuration: allow");
	r = roll_networks(&t->allowed, &access->allow, allowed);
	if (denied > 0)
		trace("configuration: deny");
	return r == 0 ? roll_networks(&t->denied, &access->deny, denied) : r;
}

/* Users of this machine are nobody's home here: their bits are never set. */
bool
terms_deny(const struct terms *t, int home)
{
	if (home_is_local(home))
		return false;
	return t->denied >> home & 1 || (!t->allows_all && !(t->allowed >> home & 1));
}

/* ---- all of it ---- */

static void
describe(const struct terms *t, const struct config *c)
{
	for (int i = 0; i < t->places.n; i++)
		trace("configuration: listen on %s", t->places.all[i].text);
	trace("configuration: %jd connections, %jd per address, idle %.3f s, "
	      "drain %.3f s, lifetime %.3f s, %jd bytes/s, %jd accepts/s, buffer %jd, "
	      "%s, spin %jd us",
	    (intmax_t)t->max_connections, (intmax_t)t->max_per_address,
	    (double)t->idle_ns / 1e9, (double)t->drain_ns / 1e9,
	    (double)t->lifetime_ns / 1e9, (intmax_t)t->bytes_per_second,
	    (intmax_t)t->accepts_per_second, (intmax_t)c->buffer_size, c->backend,
	    (intmax_t)c->spin_us);
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
		.accepts_per_second = dice_pick(0, 0, 0, 1, 3, 15, 50),
		.udp_rate = dice_pick(1000, 1000, 1000, 20, 1),
		.udp_burst = dice_pick(1000, 1000, 1000, 5, 1),
		.low_ports = dice_once_in(3),
		.unix_mode = (unsigned)dice_pick(0666, 0600, 0660),
	};

	int r;

	config_defaults(config);
	r = places_roll(&t.places, config);
	if (r < 0)
		return r;
	r = roll_access(&t, &config->access);
	if (r < 0) {
		config_release(config);
		return r;
	}
	config->accepts_per_second = t.accepts_per_second;
	config->udp_rate_per_address = t.udp_rate;
	config->udp_burst_per_address = t.udp_burst;
	config->udp_allow_low_ports = t.low_ports;
	config->unix_mode = t.unix_mode;
	config->max_connections = t.max_connections;
	config->max_connections_per_address = t.max_per_address;
	config->idle_ns = t.idle_ns;
	config->drain_ns = t.drain_ns;
	config->max_lifetime_ns = t.lifetime_ns;
	config->bytes_per_second = t.bytes_per_second;
	config->buffer_size = dice_pick(1, 100, 1024, 8192, 8192);
	config->log_level = dice_pick(LOG_LEVEL_DEBUG, LOG_LEVEL_INFO);
	config->backend = dice_once_in(2) ? "select" : "auto";
	config->spin_us = dice_pick(0, 50, 200);
	describe(&t, config);
	*ret = t;
	return 0;
}
