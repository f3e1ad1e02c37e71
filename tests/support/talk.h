/* talk.h - a loop, and a connection between it and a test. */
#ifndef ECHOD_TESTS_TALK_H
#define ECHOD_TESTS_TALK_H

#include <stdbool.h>
#include <stddef.h>

#include "loop/loop.h"

#define TALK_SIZE ((size_t)256 * 1024)

extern struct talk {
	struct loop *loop;
	int ours, theirs;
	char expected[TALK_SIZE];     /* bytes to send, no two stretches alike */
	char received[TALK_SIZE + 1]; /* by them */
	size_t got;
} talk;

/*
 * Over a Unix socket, which is the most predictable in when it is full, and
 * with room for about half of expected; or over TCP, with less room.
 */
void talk_open(int backend);
void talk_open_tcp(int backend);

/* They receive at most so much; false at the end of the stream. */
bool talk_receive(size_t most);

/* For an actor: their end is closed. */
bool talk_they_close(void);

#endif
