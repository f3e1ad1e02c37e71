#include "net/pktinfo.h"

#include <netinet/in.h>
#include <string.h>

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

/*
 * The routes decide which way an answer goes, as for TCP.  With an interface named,
 * IPv4 has no other choice, and if the way back is another takes the peer for one
 * that is on that link.  A link-local address means nothing without.
 */
static void
leave_way_to_routes(struct cmsghdr *c, bool four)
{
	struct in_pktinfo info4;
	struct in6_pktinfo info6;

	if (four) {
		memcpy(&info4, CMSG_DATA(c), sizeof(info4));
		info4.ipi_ifindex = 0;
		memcpy(CMSG_DATA(c), &info4, sizeof(info4));
		return;
	}
	memcpy(&info6, CMSG_DATA(c), sizeof(info6));
	if (!IN6_IS_ADDR_LINKLOCAL(&info6.ipi6_addr))
		info6.ipi6_ifindex = 0;
	memcpy(CMSG_DATA(c), &info6, sizeof(info6));
}

static bool
is_info(const struct cmsghdr *c, int level, int type)
{
	return c->cmsg_level == level && c->cmsg_type == type;
}

bool
pktinfo_keep(struct msghdr *m)
{
	struct cmsghdr *c, *info = NULL;
	bool four = false;

	for (c = CMSG_FIRSTHDR(m); c != NULL && !four; c = CMSG_NXTHDR(m, c)) {
		four = is_info(c, IPPROTO_IP, IP_PKTINFO);
		if (four || is_info(c, IPPROTO_IPV6, IPV6_PKTINFO))
			info = c;
	}
	if (info == NULL)
		return false;
	m->msg_control = info;
	m->msg_controllen = CMSG_ALIGN(info->cmsg_len);
	leave_way_to_routes(info, four);
	return four ? is_unicast4(info) : is_unicast6(info);
}
