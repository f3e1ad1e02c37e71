/*
 * server.h - an echo server at the other end of the stress client's calls: honest, but
 * in pieces as the input says, or with one thing wrong.
 *
 * The linker puts it in the place of dial(), send(2), recv(2) and shutdown(2).
 */
#ifndef ECHOD_TESTS_FUZZ_SERVER_H
#define ECHOD_TESTS_FUZZ_SERVER_H

#include <stdbool.h>

#include "fuzz/fuzz.h"
#include "loop/poller.h"
#include "stress/failure.h"

#define SERVER_MOST 8192 /* bytes that a client may send on a connection */

enum damage {
	DAMAGE_NONE,
	DAMAGE_FLIP,
	DAMAGE_DROP,
	DAMAGE_REPEAT,
	DAMAGE_INSERT,
	DAMAGE_SWAP,
	DAMAGE_END,   /* FIN in mid-stream */
	DAMAGE_RESET, /* the connection breaks */
	DAMAGES
};

struct server {
	struct fuzz in;

	/* What it does wrong: to so many bytes, from the at-th on, of one connection. */
	enum damage damage;
	int connection; /* from 1; 0: of none */
	size_t at, n;
	uint8_t bits;

	/* The present connection. */
	int connections;
	uint8_t sent[SERVER_MOST], back[SERVER_MOST];
	size_t nsent, nback;
	size_t given;	/* of what goes back */
	size_t missing; /* sent, and never given */
	bool fin;	/* the client's */
	bool end, reset;
	bool heard_out;	  /* the client has read until FIN */
	unsigned watched; /* enum io bits */
	int waits;

	/* What the client must say, once it is known: FAILURES for nothing at all. */
	enum failure failure;
	int failed_connection;
	size_t offset; /* where */
	size_t wrong;  /* bytes it got there; and of those it had sent: */
	size_t due;
	uint8_t got[SERVER_MOST], expected[SERVER_MOST];

	uint64_t total; /* bytes taken, over all connections */
};

extern struct server server;
extern const struct poller_ops poller_server;

void server_open(struct fuzz in);

/* No connection is left: what must be said is known now. */
void server_close(void);

#endif
