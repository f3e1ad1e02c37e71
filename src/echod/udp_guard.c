#include "echod/udp_guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/util.h"

static const char *const names[UDP_VERDICTS] = {
	[UDP_ANSWER] = "answered",
	[UDP_CUT] = "cut",
	[UDP_PORT_ZERO] = "port zero",
	[UDP_OWN_PORT] = "own port",
	[UDP_SERVICE] = "service",
	[UDP_LOW_PORT] = "low port",
	[UDP_BROADCAST] = "broadcast",
	[UDP_DENIED] = "denied",
	[UDP_RATE] = "rate",
	[UDP_UNSENT] = "unsent",
};

/* echo, daytime, qotd, chargen, time, DNS, TFTP, NTP, SNMP, CLDAP, SSDP, mDNS, memcached */
static const uint16_t services[] = { 7, 13, 17, 19, 37, 53, 69, 123, 161, 389, 1900,
	5353, 11211 };

const char *
udp_verdict_name(enum udp_verdict verdict)
{
	return names[verdict];
}

/* ---- ports, as a bit for each ---- */

static void
add(uint64_t ports[65536 / 64], uint16_t port)
{
	ports[port / 64] |= UINT64_C(1) << port % 64;
}

static bool
has(const uint64_t ports[65536 / 64], uint16_t port)
{
	return ports[port / 64] >> port % 64 & 1;
}

void
udp_guard_own_port(struct udp_guard *g, uint16_t port)
{
	add(g->own_ports, port);
}

void
udp_guard_no_ports(struct udp_guard *g)
{
	memset(g->own_ports, 0, sizeof(g->own_ports));
}

static enum udp_verdict
judge_port(const struct udp_guard *g, uint16_t port)
{
	if (port == 0)
		return UDP_PORT_ZERO;
	if (has(g->own_ports, port))
		return UDP_OWN_PORT;
	if (has(g->services, port))
		return UDP_SERVICE;
	return port < 1024 && !g->allow_low_ports ? UDP_LOW_PORT : UDP_ANSWER;
}

/* ---- its life ---- */

int
udp_guard_open(struct udp_guard *g)
{
	*g = (struct udp_guard){ 0 };
	if (getrandom(g->key, sizeof(g->key), 0) != sizeof(g->key))
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		add(g->services, services[i]);
	g->slots = calloc(UDP_GUARD_SLOTS, sizeof(*g->slots));
	return g->slots != NULL ? 0 : -ENOMEM;
}

void
udp_guard_close(struct udp_guard *g)
{
	free(g->slots);
	g->slots = NULL;
}

void
udp_guard_set_rule(struct udp_guard *g, struct bucket_rule rule)
{
	if (rule.every_ns == g->rule.every_ns && rule.room == g->rule.room)
		return;
	if (g->rule.every_ns != 0) /* else nobody owes anything */
		memset(g->slots, 0, UDP_GUARD_SLOTS * sizeof(*g->slots));
	g->rule = rule;
}

/* ---- addresses ---- */

/* Is it certainly one host?  A broadcast address of a network looks like any other. */
static bool
is_one_host(const struct addr *a)
{
	if (a->sa.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr))
		return false;
	if (a->sa.sa_family == AF_INET && a->in.sin_addr.s_addr == INADDR_ANY)
		return false;
	return !addr_is_many(a);
}

/*
 * Pair-multiply-shift (Thorup, "High Speed Hashing for Integers and Strings",
 * 2015): who does not know the key cannot choose addresses that meet.  By itself it
 * makes neighbours meet often under some keys; so it is mixed once more.
 */
static struct bucket *
bucket_of(const struct udp_guard *g, const struct addr *a)
{
	struct addr_prefix prefix = addr_prefix(a);
	uint32_t word[2];
	uint64_t hash;

	memcpy(word, prefix.bytes + 1, sizeof(word));
	hash = (g->key[0] + word[0]) * (g->key[1] + word[1]) +
	    g->key[2] * prefix.bytes[0];
	hash ^= hash >> 32;
	hash *= g->key[0] | 1;
	return &g->slots[hash >> 48];
}

enum udp_verdict
udp_guard_judge(struct udp_guard *g, const struct udp_datagram *d, int64_t now_ns)
{
	enum udp_verdict verdict = judge_port(g, addr_port(&d->peer));

	if (!d->whole)
		return UDP_CUT;
	if (!d->unicast || !is_one_host(&d->peer))
		return UDP_BROADCAST;
	if (!access_permits(g->access, &d->peer))
		return UDP_DENIED;
	if (verdict != UDP_ANSWER)
		return verdict;
	if (g->rule.every_ns == 0)
		return UDP_ANSWER; /* no limit */
	return bucket_take(bucket_of(g, &d->peer), &g->rule, now_ns) ? UDP_ANSWER
								     : UDP_RATE;
}
