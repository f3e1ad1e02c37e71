/*
 * pktinfo.h - packet info: where a datagram came to, and so where its answer is to
 * come from (IP_PKTINFO in ip(7), IPV6_PKTINFO in ipv6(7)).
 */
#ifndef ECHOD_NET_PKTINFO_H
#define ECHOD_NET_PKTINFO_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * Of the control data of a message received, keep the packet info alone, which means
 * the same in both directions; but let the routes decide which way an answer goes.
 * Returns whether the datagram came to this host alone, not to a broadcast or group
 * address; without packet info nobody knows, and it is false.
 */
bool pktinfo_keep(struct msghdr *m);

#endif
