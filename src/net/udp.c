#include "net/udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Room for any datagram: the largest of IPv6 has 65,527 bytes. */
#define ROOM 65536

/* Of control data: packet info, and what others may have asked the kernel for. */
#define CONTROL_ROOM 256

struct udp_batch {
	int lined_up, sent;
	struct udp_datagram datagrams[UDP_BATCH];
	struct addr peers[UDP_BATCH]; /* as the kernel has them: maybe mapped */
	_Alignas(struct cmsghdr) char controls[UDP_BATCH][CONTROL_ROOM];
	struct iovec places[UDP_BATCH];
	struct mmsghdr in[UDP_BATCH], out[UDP_BATCH];
	char data[UDP_BATCH][ROOM];
};

int
udp_batch_open(struct udp_batch **ret)
{
	struct udp_batch *b = malloc(sizeof(*b));

	if (b == NULL)
		return -ENOMEM;
	b->lined_up = b->sent = 0;
	*ret = b;
	return 0;
}

void
udp_batch_close(struct udp_batch *batch)
{
	free(batch);
}

static int
set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* An IPv6 socket may take IPv4 as well, and then tells more of it when asked twice. */
int
udp_prepare(int fd)
{
	int family = 0;
	socklen_t size = sizeof(family);
	int r;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) < 0)
		return -errno;
	r = set_option(fd, SOL_SOCKET, SO_BROADCAST, 0);
	if (r == 0 && family == AF_INET6)
		r = set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	return r == 0 ? set_option(fd, IPPROTO_IP, IP_PKTINFO, 1) : r;
}

/* ---- receiving ---- */

/* Where each datagram may go; recvmmsg(2) overwrites this, and sendmmsg(2) uses it. */
static void
make_room(struct udp_batch *b, int i)
{
	b->places[i] = (struct iovec){ b->data[i], ROOM };
	b->in[i].msg_hdr = (struct msghdr){
		.msg_name = &b->peers[i],
		.msg_namelen = sizeof(b->peers[i]),
		.msg_iov = &b->places[i],
		.msg_iovlen = 1,
		.msg_control = b->controls[i],
		.msg_controllen = sizeof(b->controls[i]),
	};
}

/*
 * ipi_spec_dst is the address to answer from.  It is the one the datagram was
 * sent to, ipi_addr, unless that is a broadcast or group address.
 */
static bool
is_unicast4(const struct cmsghdr *c)
{
	struct in_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof(info));
	return info.ipi_addr.s_addr == info.ipi_spec_dst.s_addr;
}

static bool
is_unicast6(const struct cmsghdr *c)
{
	struct in6_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof(info));
	return !IN6_IS_ADDR_MULTICAST(&info.ipi6_addr);
}

static bool
is_info(const struct cmsghdr *c, int level, int type)
{
	return c->cmsg_level == level && c->cmsg_type == type;
}

/*
 * What is left as control data is the packet info, which is the same in both
 * directions.  Without one we know nothing, and take the worst.
 */
static bool
read_control(struct msghdr *m)
{
	struct cmsghdr *info = NULL;
	bool four = false;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL && !four;
	     c = CMSG_NXTHDR(m, c)) {
		four = is_info(c, IPPROTO_IP, IP_PKTINFO);
		if (four || is_info(c, IPPROTO_IPV6, IPV6_PKTINFO))
			info = c;
	}
	if (info == NULL)
		return false;
	m->msg_control = info;
	m->msg_controllen = CMSG_ALIGN(info->cmsg_len);
	return four ? is_unicast4(info) : is_unicast6(info);
}

static void
note(struct udp_batch *b, int i)
{
	struct msghdr *m = &b->in[i].msg_hdr;
	struct udp_datagram *d = &b->datagrams[i];

	*d = (struct udp_datagram){
		.peer = b->peers[i],
		.size = b->in[i].msg_len,
		.whole = (m->msg_flags & MSG_TRUNC) == 0,
	};
	addr_unmap(&d->peer);
	d->unicast = read_control(m);
	b->places[i].iov_len = d->size;
}

int
udp_receive(struct udp_batch *b, int fd)
{
	int n;

	for (int i = 0; i < UDP_BATCH; i++)
		make_room(b, i);
	n = recvmmsg(fd, b->in, UDP_BATCH, 0, NULL);
	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++)
		note(b, i);
	b->lined_up = b->sent = 0;
	return n;
}

const struct udp_datagram *
udp_at(const struct udp_batch *b, int i)
{
	return &b->datagrams[i];
}

/* ---- sending ---- */

void
udp_answer(struct udp_batch *b, int i)
{
	b->out[b->lined_up++].msg_hdr = b->in[i].msg_hdr;
}

int
udp_send(struct udp_batch *b, int fd)
{
	int n;

	if (udp_unsent(b) == 0)
		return 0;
	n = sendmmsg(fd, b->out + b->sent, (unsigned)udp_unsent(b), MSG_NOSIGNAL);
	if (n < 0)
		return -errno;
	b->sent += n;
	return n;
}

void
udp_skip(struct udp_batch *b)
{
	b->sent++;
}

int
udp_unsent(const struct udp_batch *b)
{
	return b->lined_up - b->sent;
}
