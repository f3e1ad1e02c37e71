/* fuzz_udp_guard.c - which datagrams are answered: the rules of echod(8), said anew. */
#include "fuzz/fuzz.h"

#include "base/clock.h"
#include "base/util.h"
#include "echod/udp_guard.h"

#define HOSTS 4 /* that ask in turn */

struct host {
	struct addr addr;
	int64_t first_ns, answers;
};

static const uint8_t nets[] = { 0, 10, 127, 192, 224, 255 };

static struct addr
any_addr(struct fuzz *in)
{
	uint64_t kind = fuzz_number(in, 1);
	struct addr a = addr_any(kind & 1 ? AF_INET6 : AF_INET, 0);

	if (kind & 1) {
		a.in6.sin6_addr.s6_addr[0] = kind & 2 ? 0xff : 0xfe;
		a.in6.sin6_addr.s6_addr[7] = (uint8_t)fuzz_number(in, 1);
		a.in6.sin6_addr.s6_addr[15] = (uint8_t)fuzz_number(in, 1);
		if (kind & 4)
			a.in6.sin6_addr = in6addr_any;
	} else {
		uint32_t net = nets[kind / 2 % sizeof(nets)];
		uint32_t rest = (uint32_t)fuzz_number(in, 3);

		a.in.sin_addr.s_addr = htonl(net << 24 | rest);
	}
	return a;
}

/* May its address be answered? */
static bool
is_host(const struct addr *a)
{
	const uint8_t *b = (const uint8_t *)&a->in.sin_addr;
	static const uint8_t none[16], all[4] = { 255, 255, 255, 255 };

	if (a->sa.sa_family == AF_INET6)
		return a->in6.sin6_addr.s6_addr[0] != 0xff &&
		    memcmp(&a->in6.sin6_addr, none, 16) != 0;
	return b[0] >> 4 != 0xe && memcmp(b, none, 4) != 0 && memcmp(b, all, 4) != 0;
}

/* Is everything right about the datagram but, maybe, the rate? */
static bool
deserves(const struct udp_guard *g, const struct udp_datagram *d, uint16_t own)
{
	static const uint16_t high[] = { 1900, 5353, 11211 };
	static const uint16_t low[] = { 7, 13, 17, 19, 37, 53, 69, 123, 161, 389 };
	uint16_t port = addr_port(&d->peer);
	bool right = d->whole && d->unicast && is_host(&d->peer) && port != 0 &&
	    port != own && !cidr_list_has(&g->access->deny, &d->peer);

	for (size_t i = 0; i < ARRAY_SIZE(high); i++)
		right = right && port != high[i];
	for (size_t i = 0; i < ARRAY_SIZE(low); i++)
		right = right && port != low[i];
	return right && (port >= 1024 || g->allow_low_ports);
}

/* No more in any time than the bucket holds, and what comes in meanwhile. */
static void
check_rate(const struct udp_guard *g, struct host *h, int64_t now_ns)
{
	if (h->answers++ == 0)
		h->first_ns = now_ns;
	if (g->rule.every_ns > 0)
		REQUIRE(h->answers <=
		    g->rule.room + (now_ns - h->first_ns) / g->rule.every_ns);
}

static void
ask(struct udp_guard *g, struct fuzz *in, struct host *h, uint16_t own, int64_t now_ns)
{
	uint64_t flags = fuzz_number(in, 1);
	struct udp_datagram d = {
		.peer = h->addr,
		.size = 1,
		.whole = flags % 8 != 1,
		.unicast = flags % 8 != 2,
	};
	enum udp_verdict verdict;
	bool right;

	addr_set_port(&d.peer,
	    flags & 32 ? (uint16_t)fuzz_number(in, 2) : (uint16_t)(40000 + flags));
	right = deserves(g, &d, own);
	verdict = udp_guard_judge(g, &d, now_ns);
	REQUIRE(verdict < UDP_VERDICTS && udp_verdict_name(verdict) != NULL);
	REQUIRE(right == (verdict == UDP_ANSWER || verdict == UDP_RATE));
	REQUIRE(verdict != UDP_RATE || g->rule.every_ns > 0);
	if (verdict == UDP_ANSWER)
		check_rate(g, h, now_ns);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct udp_guard g; /* its table is large: once is enough */
	struct fuzz in = { data, size };
	struct cidr net = { .family = AF_INET, .bits = 8, .bytes = { 10 } };
	struct access access = { .deny = { &net, 1 } };
	struct host hosts[HOSTS] = { 0 };
	int64_t now_ns = SECONDS(1);
	uint16_t own;

	if (g.slots == NULL)
		REQUIRE(udp_guard_open(&g) == 0);
	memset(g.slots, 0, UDP_GUARD_SLOTS * sizeof(*g.slots));
	for (size_t i = 0; i < ARRAY_SIZE(g.key); i++)
		g.key[i] = fuzz_number(&in, 8);
	g.access = &access;
	g.allow_low_ports = fuzz_number(&in, 1) & 1;
	g.rule = bucket_rule((int64_t)fuzz_number(&in, 2),
	    (int64_t)fuzz_number(&in, 1) + 1);
	own = (uint16_t)fuzz_number(&in, 2);
	udp_guard_no_ports(&g);
	udp_guard_own_port(&g, own);
	for (int i = 0; i < HOSTS; i++)
		hosts[i].addr = any_addr(&in);

	while (in.size > 0) {
		now_ns += (int64_t)fuzz_number(&in, 1) * MILLISECONDS(1);
		ask(&g, &in, &hosts[fuzz_number(&in, 1) % HOSTS], own, now_ns);
	}
	return 0;
}
