/* control.h - how an administrator steers the server: with signals. */
#ifndef ECHOD_ECHOD_CONTROL_H
#define ECHOD_ECHOD_CONTROL_H

#include "echod/options.h"
#include "echod/server.h"
#include "loop/signals.h"

struct control {
	struct signals signals;
	struct server *server;
	struct options *options; /* of the command line; outlive a reload */
};

/*
 * From now on signals wait for control_start().  Not before the configuration has been
 * read, so that reading can be interrupted.
 */
void control_block(void);

/*
 * Obey the signals.  TERM and INT: finish what is under way and end; the second
 * one: end at once.  HUP: read the configuration again; if anything is wrong
 * with it, keep the old one.  USR1: write the statistics and the tasks to the
 * log.  The service manager is told that the server is ready.
 * *server and *options must live as long.  Returns 0, or -errno, which is logged.
 */
int control_start(struct control *c, struct server *server, struct options *options);

#endif
