/*
 * udp.h - datagrams received and sent in batches (recvmmsg(2), sendmmsg(2)), each
 * answered from the address that it came to (ip(7), ipv6(7)).
 */
#ifndef ECHOD_NET_UDP_H
#define ECHOD_NET_UDP_H

#include <stdbool.h>
#include <stddef.h>

#include "net/addr.h"

/* Datagrams at a time.  With more, a peer waits longer for the first answer. */
#define UDP_BATCH 8

/* One of those received. */
struct udp_datagram {
	struct addr peer; /* unmapped */
	size_t size;
	bool whole;   /* not cut for want of room */
	bool unicast; /* it came to this host alone, not to a broadcast or group */
};

/* The datagrams of one recvmmsg(2).  Half a MiB, touched as far as it is used. */
struct udp_batch;

/* For one socket.  Returns 0 or -ENOMEM. */
int udp_batch_open(struct udp_batch **ret, int fd);

/* NULL is fine. */
void udp_batch_close(struct udp_batch *batch);

/*
 * Have a datagram socket tell where each datagram came to, and make sure that it
 * cannot broadcast and keeps no ICMP errors.  Returns 0 or -errno.
 */
int udp_prepare(int fd);

/* Receive what is there.  Returns the number of datagrams or -errno of recvmmsg(2). */
int udp_receive(struct udp_batch *batch, int fd);

const struct udp_datagram *udp_at(const struct udp_batch *batch, int i);

/* Line datagram i up to be sent back. */
void udp_answer(struct udp_batch *batch, int i);

/*
 * Send those lined up and not yet sent.  Several in a row to one peer, of one size,
 * go as one message that the kernel cuts up again (UDP_SEGMENT, udp(7)).  Returns
 * how many datagrams were sent now, or -errno of why the first of them cannot be
 * (see udp_skip()); 0 when none is left.
 */
int udp_send(struct udp_batch *batch, int fd);

/* Leave out the first of those not yet sent. */
void udp_skip(struct udp_batch *batch);

/* How many are lined up and not yet sent. */
int udp_unsent(const struct udp_batch *batch);

#endif
