/* wrong.h - what a server did wrong, put into words and counted. */
#ifndef ECHOD_STRESS_WRONG_H
#define ECHOD_STRESS_WRONG_H

#include <stddef.h>
#include <stdint.h>

#include "stress/client.h"

/*
 * At offset c->received stand n bytes that are not the right ones, of which the
 * first `due` were sent; the others are surplus.
 */
void wrong_bytes(struct client *c, const char *got, size_t due, size_t n);

/* Its time is over, and an answer, or the server's FIN, is still missing. */
void wrong_late(struct client *c, int64_t now_ns);

/* The server's FIN has come: is that right? */
void wrong_eof(struct client *c);

/* The connection broke. */
void wrong_errno(struct client *c, int err);

#endif
