/* udp.h - datagrams that come, and what became of each. */
#ifndef ECHOD_TESTS_SIM_UDP_H
#define ECHOD_TESTS_SIM_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"

struct datagram {
	int number;
	struct addr peer;
	size_t size;
	int fd; /* the socket it came to */
	enum { DATAGRAM_WAITS, DATAGRAM_READ, DATAGRAM_OVER } state;
};

/* Let the dice say how many come, and when. */
void udp_begin(void);

/* When the next one comes; and let it. */
int64_t udp_next_ns(void);
void udp_act(void);

/* The one that waits longest at this socket; NULL. */
struct datagram *udp_waiting(int fd);

/* The one that this answers, of those that have been read; NULL. */
struct datagram *udp_find(int fd, const struct addr *peer, const char *bytes, size_t n);

void udp_fill(const struct datagram *d, char *bytes, size_t n);

#endif
