/*
 * datagrams.h - messages as datagrams, for a target that is reached by UDP.
 *
 * A datagram is 8 bytes of its number and 8 of the time it was sent, both with the
 * lowest byte first, then bytes of the stream of its connection, from 65,536 times
 * its number on.  One that is too short for all of that is cut.
 */
#ifndef ECHOD_STRESS_DATAGRAMS_H
#define ECHOD_STRESS_DATAGRAMS_H

#include <stdint.h>

#include "stress/client.h"
#include "stress/modes.h"
#include "stress/options.h"

#define DATAGRAM_HEADER		16
#define DATAGRAM_OFFSET(number) ((number) << 16)
#define DATAGRAM_MOST		65507 /* bytes, over IPv4 (RFC 768, RFC 791) */

/* Steady, over UDP. */
extern const struct mode datagrams_mode;

/* A receive buffer, in bytes, for all that may be in flight. */
int datagrams_receive_buffer(const struct options *o);

/* Write all bytes of a datagram. */
void datagrams_write(const struct client *c, const struct datagram *d, char *buf);

/* ---- for push.c ---- */

/* A message begins. */
void datagrams_begin(struct client *c, int64_t due_ns, uint32_t size);

/* Send what has begun, as far as the socket takes it. */
void datagrams_send(struct client *c);

#endif
