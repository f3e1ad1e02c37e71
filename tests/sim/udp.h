/* udp.h - datagrams that come, and what became of each. */
#ifndef ECHOD_TESTS_SIM_UDP_H
#define ECHOD_TESTS_SIM_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"

struct datagram {
	int number;
	int home;
	struct addr peer;
	struct addr to; /* the address of ours that it was sent to */
	bool to_many;	/* or that of a broadcast, or a group */
	size_t size;
	int fd; /* the socket it came to */
	enum { DATAGRAM_WAITS, DATAGRAM_LOST, DATAGRAM_READ, DATAGRAM_OVER } state;

	/* for the checks */
	int order; /* in which they were read */
	int64_t read_ns;
	int terms; /* which of all that were in effect */
	int64_t rate, burst;
	bool must_drop, may_drop;
};

/* Let the dice say how many come, and when. */
void udp_begin(void);

/* When the next one comes; and let it. */
int64_t udp_next_ns(void);
void udp_act(void);

/* This socket is closed, and what waits there is lost. */
void udp_lose(int fd);

/* The server reads it, as it is to be judged now. */
void udp_read(struct datagram *d, size_t room);

/* There is a new configuration; an answer cannot be sent for now. */
void udp_new_terms(void);
void udp_excuse(void);

/* Were all answered that should be, and none too many? */
void check_datagrams(void);

/* The one that waits longest at this socket; NULL. */
struct datagram *udp_waiting(int fd);

/* The one that this answers, of those that have been read; NULL. */
struct datagram *udp_find(int fd, const struct addr *peer, const char *bytes, size_t n);

void udp_fill(const struct datagram *d, char *bytes, size_t n);

#endif
