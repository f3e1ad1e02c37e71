#include "sim/homes.h"

#include "base/util.h"
#include "sim/dice.h"

static const struct home {
	int family;
	const char *text; /* of an address */
	uid_t user;	  /* of AF_UNIX */
	int group;
} homes[] = {
	{ AF_INET, "192.0.2.1:0", 0, 1 }, { AF_INET, "192.0.2.2:0", 0, 2 },
	{ AF_INET, "192.0.2.3:0", 0, 3 }, { AF_INET6, "[2001:db8::1]:0", 0, 4 },
	{ AF_INET6, "[2001:db8::2]:0", 0, 4 }, { AF_INET6, "[2001:db8:1::1]:0", 0, 5 },
	{ AF_UNIX, NULL, 0, 6 }, { AF_UNIX, NULL, 1000, 7 },
	{ AF_UNIX, NULL, 3221225985, 8 }, /* the bytes of 192.0.2.1 */
};

static const struct network networks[] = {
	{ "192.0.2.1", 1 << 0 },
	{ "192.0.2.2/31", 1 << 1 | 1 << 2 },
	{ "192.0.2.255/24", 1 << 0 | 1 << 1 | 1 << 2 },
	{ "0.0.0.0/0", 1 << 0 | 1 << 1 | 1 << 2 },
	{ "::ffff:192.0.2.3", 1 << 2 },
	{ "198.51.100.0/24", 0 },
	{ "2001:db8::2", 1 << 4 },
	{ "2001:db8::/64", 1 << 3 | 1 << 4 },
	{ "2001:db8::/32", 1 << 3 | 1 << 4 | 1 << 5 },
	{ "2001:db8:1::/48", 1 << 5 },
	{ "::/0", 1 << 3 | 1 << 4 | 1 << 5 },
};

int
home_roll(int family)
{
	int home;

	do
		home = (int)dice_below(ARRAY_SIZE(homes));
	while (homes[home].family != family);
	return home;
}

struct addr
home_addr(int home)
{
	const struct home *h = &homes[home];
	struct addr a;

	if (h->family == AF_UNIX)
		return (struct addr){ .process = { AF_UNIX,
					  (pid_t)dice_between(2, 4000000), h->user } };
	addr_parse(&a, h->text);
	addr_set_port(&a, (uint16_t)dice_between(1024, 65535));
	return a;
}

int
home_group(int home)
{
	return homes[home].group;
}

bool
home_is_local(int home)
{
	return homes[home].family == AF_UNIX;
}

const struct network *
network_roll(void)
{
	return &networks[dice_below(ARRAY_SIZE(networks))];
}
