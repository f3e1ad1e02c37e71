/*
 * udp_guard.h - which datagrams are answered.
 *
 * The sender of a datagram can lie about where it comes from.  So echod must not
 * answer one whose answer could be answered again, nor let many of them become a
 * flood to somebody else.
 */
#ifndef ECHOD_ECHOD_UDP_GUARD_H
#define ECHOD_ECHOD_UDP_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bucket.h"
#include "echod/access.h"
#include "net/addr.h"
#include "net/udp.h"

/* Why a datagram is dropped; as words, in the log. */
enum udp_verdict {
	UDP_ANSWER,
	UDP_CUT,       /* it did not come whole */
	UDP_PORT_ZERO, /* it comes from port 0 */
	UDP_OWN_PORT,  /* from a port that we serve: maybe another echod's */
	UDP_SERVICE,   /* from a service that would answer it */
	UDP_LOW_PORT,  /* from another port below 1024 */
	UDP_BROADCAST, /* from or to many: a broadcast or multicast address */
	UDP_DENIED,    /* access.allow, access.deny */
	UDP_RATE,      /* too many from this address */
	UDP_UNSENT,    /* the answer could not be sent */
	UDP_VERDICTS
};

const char *udp_verdict_name(enum udp_verdict verdict);

#define UDP_GUARD_SLOTS 65536

/*
 * Each source address (IPv6: /64) has a token bucket, in a table of one size.
 * Those that meet in a slot share the bucket, so that no number of addresses can
 * make the table larger, or gain one of them a fresh bucket.  Nobody else knows
 * who meets whom, for the hash has a secret key.
 */
struct udp_guard {
	const struct access *access;
	bool allow_low_ports;
	struct bucket_rule rule;

	uint64_t own_ports[65536 / 64], services[65536 / 64]; /* a bit for each port */
	uint64_t key[3];
	struct bucket *slots;
};

/*
 * Without limits yet; set access, and what else stands above, and the rule.  Returns
 * 0, or -errno; close it in either case.
 */
int udp_guard_open(struct udp_guard *g);
void udp_guard_close(struct udp_guard *g);

/*
 * From now on.  If this is another rule, all buckets are full: what they owed was
 * under the old one.
 */
void udp_guard_set_rule(struct udp_guard *g, struct bucket_rule rule);

/* What the datagram deserves; UDP_ANSWER takes a token. */
enum udp_verdict udp_guard_judge(struct udp_guard *g, const struct udp_datagram *d,
    int64_t now_ns);

/* Datagrams that come from this port are dropped from now on; or from none. */
void udp_guard_own_port(struct udp_guard *g, uint16_t port);
void udp_guard_no_ports(struct udp_guard *g);

#endif
