#include "net/udp.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/util.h"
#include "net/pktinfo.h"

/* Room for any datagram: the largest of IPv6 has 65,527 bytes. */
#define ROOM 65536

/* Of control data: packet info, and what others may have asked the kernel for. */
#define CONTROL_ROOM 256

/*
 * No larger a datagram becomes a segment: this fits IPv6's smallest MTU, and nearly
 * any path of IPv4.  A segment is never fragmented, so the kernel refuses one that
 * does not fit.
 */
#define SEGMENT_MOST 1200

struct udp_batch {
	/* Those received. */
	struct mmsghdr in[UDP_BATCH];
	struct udp_datagram datagrams[UDP_BATCH];
	struct addr peers[UDP_BATCH]; /* as the kernel has them: maybe mapped */
	_Alignas(struct cmsghdr) char controls[UDP_BATCH][CONTROL_ROOM];
	struct iovec places[UDP_BATCH];
	int used; /* the first so many have yet to be made room in */

	/* Those to send: of each where it is, and the headers it came with. */
	struct iovec answers[UDP_BATCH];
	const struct msghdr *headers[UDP_BATCH];
	int lined_up, sent;

	/* The messages they are sent in: a run of datagrams each. */
	bool cuts;    /* the system can cut a run up again */
	bool no_runs; /* but of this batch it would not */
	struct mmsghdr out[UDP_BATCH];
	_Alignas(struct cmsghdr) char out_controls[UDP_BATCH][CONTROL_ROOM];

	char data[UDP_BATCH][ROOM];
};

/* One that knows nothing of it would send the run as a single datagram. */
static bool
can_cut(int fd)
{
	int size;
	socklen_t len = sizeof(size);

	return getsockopt(fd, SOL_UDP, UDP_SEGMENT, &size, &len) == 0;
}

int
udp_batch_open(struct udp_batch **ret, int fd)
{
	struct udp_batch *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return -ENOMEM;
	b->cuts = can_cut(fd);
	for (int i = 0; i < UDP_BATCH; i++) {
		b->places[i].iov_base = b->data[i];
		b->in[i].msg_hdr = (struct msghdr){
			.msg_name = &b->peers[i],
			.msg_iov = &b->places[i],
			.msg_iovlen = 1,
		};
	}
	b->used = UDP_BATCH;
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

/*
 * An IPv6 socket may take IPv4 as well, and then tells more of it when asked twice.
 * One that somebody else made may queue ICMP errors; nobody here takes them out, and
 * while there are any poll(2) calls it readable.
 */
static const struct {
	int family; /* 0: any */
	int level, option, value;
} preparations[] = {
	{ 0, SOL_SOCKET, SO_BROADCAST, 0 },
	{ 0, IPPROTO_IP, IP_RECVERR, 0 },
	{ 0, IPPROTO_IP, IP_PKTINFO, 1 },
	{ AF_INET6, IPPROTO_IPV6, IPV6_RECVERR, 0 },
	{ AF_INET6, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1 },
};

int
udp_prepare(int fd)
{
	int family = 0, r = 0;
	socklen_t size = sizeof(family);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) < 0)
		return -errno;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(preparations); i++)
		if (preparations[i].family == 0 || preparations[i].family == family)
			r = set_option(fd, preparations[i].level,
			    preparations[i].option, preparations[i].value);
	return r;
}

/* ---- receiving ---- */

/* Where each datagram may go; recvmmsg(2) overwrites this, and note(). */
static void
make_room(struct udp_batch *b, int i)
{
	struct msghdr *m = &b->in[i].msg_hdr;

	b->places[i].iov_len = ROOM;
	m->msg_namelen = sizeof(b->peers[i]);
	m->msg_control = b->controls[i];
	m->msg_controllen = sizeof(b->controls[i]);
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
	d->unicast = pktinfo_keep(m);
	b->places[i].iov_len = d->size;
}

int
udp_receive(struct udp_batch *b, int fd)
{
	int n;

	for (int i = 0; i < b->used; i++)
		make_room(b, i);
	b->used = b->lined_up = b->sent = 0;
	b->no_runs = false;
	n = recvmmsg(fd, b->in, UDP_BATCH, 0, NULL);
	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++)
		note(b, i);
	b->used = n;
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
	b->answers[b->lined_up] = b->places[i];
	b->headers[b->lined_up++] = &b->in[i].msg_hdr;
}

/* All came by one socket, so their names are of one length. */
static bool
same_way(const struct msghdr *a, const struct msghdr *b)
{
	return a->msg_controllen == b->msg_controllen &&
	    memcmp(a->msg_name, b->msg_name, a->msg_namelen) == 0 &&
	    memcmp(a->msg_control, b->msg_control, a->msg_controllen) == 0;
}

/*
 * How many from the k-th on can go as one message that the kernel cuts up again:
 * those which go the same way and are of the same size, but for a smaller last.
 */
static int
run_at(const struct udp_batch *b, int k)
{
	size_t size = b->answers[k].iov_len;
	int n = 1;

	if (!b->cuts || b->no_runs || size > SEGMENT_MOST)
		return 1;
	while (k + n < b->lined_up && b->answers[k + n - 1].iov_len == size &&
	    b->answers[k + n].iov_len <= size && b->answers[k + n].iov_len > 0 &&
	    same_way(b->headers[k], b->headers[k + n]))
		n++;
	return n;
}

/* Add to the control data of m, a copy, how large the segments of its data are. */
static void
set_segment(struct msghdr *m, char control[CONTROL_ROOM], uint16_t size)
{
	struct cmsghdr *c = (struct cmsghdr *)(control + m->msg_controllen);

	memcpy(control, m->msg_control, m->msg_controllen);
	*c = (struct cmsghdr){ .cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT };
	c->cmsg_len = CMSG_LEN(sizeof(size));
	memcpy(CMSG_DATA(c), &size, sizeof(size));
	m->msg_control = control;
	m->msg_controllen += CMSG_SPACE(sizeof(size));
}

/* Make messages of those not yet sent.  Returns their number. */
static unsigned
write_messages(struct udp_batch *b)
{
	unsigned n = 0;

	for (int k = b->sent; k < b->lined_up; n++) {
		struct msghdr *m = &b->out[n].msg_hdr;
		int run = run_at(b, k);

		*m = *b->headers[k];
		m->msg_iov = &b->answers[k];
		m->msg_iovlen = (size_t)run;
		if (run > 1)
			set_segment(m, b->out_controls[n],
			    (uint16_t)b->answers[k].iov_len);
		k += run;
	}
	return n;
}

/* Not every interface and path can do it, and none says so before. */
static bool
is_about_runs(int err)
{
	return err == EIO || err == EINVAL || err == EMSGSIZE || err == EOPNOTSUPP;
}

int
udp_send(struct udp_batch *b, int fd)
{
	int before = b->sent, n;

	if (udp_unsent(b) == 0)
		return 0;
	n = sendmmsg(fd, b->out, write_messages(b), MSG_NOSIGNAL);
	if (n < 0 && b->out[0].msg_hdr.msg_iovlen > 1 && is_about_runs(errno)) {
		b->no_runs = true;
		n = sendmmsg(fd, b->out, write_messages(b), MSG_NOSIGNAL);
	}
	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++)
		b->sent += (int)b->out[i].msg_hdr.msg_iovlen;
	return b->sent - before;
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
