/*
 * script.h - a poller whose readiness is what the test says, on the fake clock.
 *
 * Its descriptors are mere numbers below SCRIPT_FDS.  Nothing sleeps: a wait
 * with nothing ready moves the fake clock to the next line of the script or by
 * the timeout, whichever is sooner; with neither, the test fails.
 */
#ifndef ECHOD_TESTS_SCRIPT_H
#define ECHOD_TESTS_SCRIPT_H

#include <stdint.h>

#include "loop/poller.h"

#define SCRIPT_FDS 1024

extern const struct poller_ops poller_scripted; /* one at a time; open() forgets all */

/* From now on, and from at_ns on, fd can do this (enum io bits) and no more. */
void script_set(int fd, unsigned ready);
void script_at(int64_t at_ns, int fd, unsigned ready);

/* What fd can do at present. */
unsigned script_ready(int fd);

/* The next wait fails with this errno; watch() of this fd does, from now on. */
void script_break(int err);
void script_refuse(int fd, int err);

/* ---- what the loop has done ---- */

/* What it watches of fd. */
unsigned script_watched(int fd);

/* How many calls of watch() there have been. */
int script_watches(void);

/* How many calls of wait(), and the timeouts of the last SCRIPT_WAITS of them. */
#define SCRIPT_WAITS 4096
int script_waits(void);
int64_t script_timeout_ns(int wait);

#endif
