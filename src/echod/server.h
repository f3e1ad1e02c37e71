/* server.h - echod itself: accept within the limits, reload, drain, report. */
#ifndef ECHOD_ECHOD_SERVER_H
#define ECHOD_ECHOD_SERVER_H

#include <stdbool.h>

#include "base/log.h"
#include "echod/config.h"
#include "echod/echo_tcp.h"
#include "echod/echo_udp.h"
#include "echod/endpoints.h"
#include "echod/lifetime.h"
#include "echod/reporter.h"
#include "echod/stats.h"
#include "echod/tally.h"
#include "echod/watchdog.h"
#include "loop/loop.h"
#include "loop/task.h"

struct server {
	struct loop *loop;
	struct config config;

	struct task life;	 /* from the first listen to the last close */
	struct task_group house; /* tasks that serve the server itself: they end last */
	struct reporter reporter;
	struct watchdog watchdog;
	struct lifetime lifetime;
	struct endpoints endpoints;
	struct echo_udp_service udp;
	struct task_group connections;
	struct echo_terms *terms; /* of new connections */
	struct tally addresses;

	bool stopping;
	struct stats stats;
	struct log_kind closings, refusals;
};

/*
 * Listen and get ready to serve.  Takes over *config, also on failure, and what
 * notify_inherited() has returned.  What goes wrong is logged.  Returns 0 or -errno;
 * close it in either case.
 */
int server_open(struct server *s, struct config *config, int inherited);

/* Serve until told to stop.  Returns 0 or -errno. */
int server_run(struct server *s);

/* End whatever is left and free everything. */
void server_close(struct server *s);

/*
 * From now on new connections are served as *config says, and the server
 * listens where it says; open connections live on as they began.  Takes over
 * *config, also on failure.  Returns 0, or -errno with everything as it was.
 */
int server_reconfigure(struct server *s, struct config *fresh);

/* Finish what is under way and end; when called again, end at once. */
void server_stop(struct server *s);

/* Write the statistics and the tasks to the log. */
void server_report(struct server *s);

#endif
