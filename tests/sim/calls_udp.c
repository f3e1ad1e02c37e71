/* The system calls on datagrams. */
#include <netinet/udp.h>
#include <string.h>

#include "sim/counts.h"
#include "sim/dice.h"
#include "sim/faults.h"
#include "sim/net.h"
#include "sim/udp.h"
#include "sim/world.h"
#include "sim/wraps.h"

/* The pause after an error, and a little more. */
#define BUSY_NS MILLISECONDS(60)

static struct descriptor *
udp_at_fd(int fd, const char *call)
{
	struct descriptor *d = net_at(fd, call);

	require(d->kind == UDP, "%s of descriptor %d", call, fd);
	return d;
}

static int
fails(const char *call, int fd, int err)
{
	trace("  %s(%d) = %s", call, fd, strerrorname_np(err));
	errno = err;
	return -1;
}

/* ---- receiving ---- */

/* Packet info of a datagram that was sent to an address of ours (ip(7), ipv6(7)). */
static void
add_info(struct msghdr *m, const struct datagram *d)
{
	const struct addr *at = &d->to;
	struct in6_pktinfo info6 = { .ipi6_addr = at->in6.sin6_addr };
	struct in_pktinfo info = { .ipi_addr = at->in.sin_addr,
		.ipi_spec_dst = at->in.sin_addr };
	bool six = at->sa.sa_family == AF_INET6;
	size_t size = six ? sizeof(info6) : sizeof(info);
	struct cmsghdr *c = CMSG_FIRSTHDR(m);

	if (d->to_many && !six)
		info.ipi_addr.s_addr = INADDR_BROADCAST;
	c->cmsg_level = six ? IPPROTO_IPV6 : IPPROTO_IP;
	c->cmsg_type = six ? IPV6_PKTINFO : IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), six ? (void *)&info6 : (void *)&info, size);
	m->msg_controllen = CMSG_SPACE(size);
}

static void
hand_over(struct mmsghdr *to, struct datagram *d)
{
	struct msghdr *m = &to->msg_hdr;
	size_t room = m->msg_iov->iov_len;

	memcpy(m->msg_name, &d->peer, addr_len(&d->peer));
	m->msg_namelen = addr_len(&d->peer);
	add_info(m, d);
	to->msg_len = (unsigned)(d->size < room ? d->size : room);
	m->msg_flags = d->size > room ? MSG_TRUNC : 0;
	udp_fill(d, m->msg_iov->iov_base, to->msg_len);
	udp_read(d, room);
}

int
__wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned room, int flags,
    struct timespec *timeout)
{
	struct descriptor *s = udp_at_fd(fd, "recvmmsg");
	int err = fault_errno(CALL_RECVMMSG);
	struct datagram *d;
	unsigned n = 0;

	require(flags == 0 && timeout == NULL, "recvmmsg with flags %d", flags);
	s->trouble = err;
	if (err != 0) {
		s->busy_ns = world.now_ns + BUSY_NS;
		return fails("recvmmsg", fd, err);
	}
	while (n < room && (d = udp_waiting(fd)) != NULL)
		hand_over(&messages[n++], d);
	if (n == 0)
		return fails("recvmmsg", fd, EAGAIN);
	trace("  recvmmsg(%d) = %u", fd, n);
	world.moves++;
	return (int)n;
}

/* ---- sending ---- */

/* How large the segments of the data are, as the control data says (udp(7)); 0: one. */
static size_t
segment_of(struct msghdr *m)
{
	uint16_t size = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_SEGMENT)
			memcpy(&size, CMSG_DATA(c), sizeof(size));
	return size;
}

/* From the address that it was sent to, even where the socket has all of them. */
static void
check_source(const struct msghdr *m, const struct datagram *d)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(m);
	struct in6_pktinfo info6;
	struct in_pktinfo info;
	bool same;

	require(c != NULL, "it answers datagram %d from any address", d->number);
	if (d->to.sa.sa_family == AF_INET6) {
		memcpy(&info6, CMSG_DATA(c), sizeof(info6));
		same = IN6_ARE_ADDR_EQUAL(&info6.ipi6_addr, &d->to.in6.sin6_addr);
	} else {
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		same = info.ipi_spec_dst.s_addr == d->to.in.sin_addr.s_addr;
	}
	require(same, "it answers datagram %d from another address", d->number);
}

static void
take_answer(int fd, const struct msghdr *m, const struct iovec *data)
{
	struct addr peer = { 0 };
	struct datagram *d;

	memcpy(&peer, m->msg_name, m->msg_namelen);
	d = udp_find(fd, &peer, data->iov_base, data->iov_len);
	require(d != NULL, "it sends a datagram of %zu bytes that answers none",
	    data->iov_len);
	require(!d->must_drop, "it answers datagram %d from port %u", d->number,
	    addr_port(&peer));
	check_source(m, d);
	count(EVENT_ANSWERED);
	d->state = DATAGRAM_OVER;
	trace("  datagram %d is answered", d->number);
	world.moves++;
}

/* The kernel cuts by size alone: so the pieces it is given must be of that size. */
static void
take_message(int fd, struct msghdr *m)
{
	size_t size = segment_of(m), last = m->msg_iovlen - 1;

	if (last > 0)
		count(EVENT_RUN);
	require(last == 0 || !net.no_segments,
	    "a run, which this kernel would not cut");
	require((size > 0) == (last > 0), "%zu datagrams in segments of %zu bytes",
	    m->msg_iovlen, size);
	for (size_t i = 0; i <= last; i++) {
		size_t len = m->msg_iov[i].iov_len;

		require(last == 0 || (i < last ? len == size : len > 0 && len <= size),
		    "datagram %zu of %zu has %zu bytes in segments of %zu", i, last + 1,
		    len, size);
		take_answer(fd, m, &m->msg_iov[i]);
	}
}

int
__wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags)
{
	struct descriptor *s = udp_at_fd(fd, "sendmmsg");
	int err = world.now_ns < s->full_ns ? EAGAIN : fault_errno(CALL_SENDMMSG);

	require(flags == MSG_NOSIGNAL && n > 0, "sendmmsg of %u with flags %d", n,
	    flags);
	if (err == EAGAIN && world.now_ns >= s->full_ns) {
		count(EVENT_SOCKET_FULL);
		s->full_ns = world.now_ns + dice_pick(0, MILLISECONDS(10), SECONDS(3));
	}
	if (err == EAGAIN)
		udp_excuse();
	if (err == EAGAIN && s->busy_ns < s->full_ns)
		s->busy_ns = s->full_ns;
	if (err != 0)
		return fails("sendmmsg", fd, err);
	if (net.no_runs != 0 && messages->msg_hdr.msg_iovlen > 1) {
		count(EVENT_RUN_REFUSED);
		return fails("sendmmsg of a run", fd, net.no_runs);
	}
	n = (unsigned)fault_short(CALL_SENDMMSG, n);
	for (unsigned i = 0; i < n; i++)
		take_message(fd, &messages[i].msg_hdr);
	return (int)n;
}
