/* tcp.h - sockets on loopback for the tests of the net layer. */
#ifndef ECHOD_TESTS_TCP_H
#define ECHOD_TESTS_TCP_H

#include "net/addr.h"

/* 127.0.0.1 or ::1, at any port. */
struct addr loopback(int family);

/* Listen on loopback; *at is where. */
int tcp_listener(int family, struct addr *at);

/* Connect, blocking. */
int tcp_connect(const struct addr *at);

/* A connection, non-blocking at both ends. */
void tcp_pair(int *ours, int *theirs);

/* The same with little room for bytes under way. */
void tcp_narrow_pair(int *ours, int *theirs);

/* How many: more than there were, and something has been left open. */
int open_descriptors(void);

#endif
