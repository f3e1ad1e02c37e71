/* stats.h - what the server has done since it started. */
#ifndef ECHOD_ECHOD_STATS_H
#define ECHOD_ECHOD_STATS_H

#include <stdbool.h>
#include <stdint.h>

/* Why a connection ended; as words, in the log. */
enum reason {
	REASON_EOF,    /* the peer sent FIN and has all its bytes back */
	REASON_IDLE,   /* no byte moved for timeouts.idle */
	REASON_RESET,  /* the peer broke it off */
	REASON_LIMIT,  /* refused by a limit, or ended by limits.max_lifetime */
	REASON_DENIED, /* refused by access.allow or access.deny */
	REASON_DRAIN,  /* the server is shutting down */
	REASON_ERROR,  /* the network or the system failed it */
	REASONS
};

const char *reason_name(enum reason reason);

struct stats {
	int64_t started_ns;
	uint64_t connections;	 /* open now */
	uint64_t accepted;	 /* connections served, ever */
	uint64_t refused;	 /* not served at all */
	uint64_t ended[REASONS]; /* of those, and of the refused */
	uint64_t bytes;		 /* echoed */
	uint64_t accept_pauses;	 /* times that accept(2) ran out of something */
	bool reload_failed;	 /* the last one */
};

#define STATS_TEXT 400 /* the largest figures fit */

/* One line about all of it, for the log.  Returns buf. */
const char *stats_format(const struct stats *s, int64_t now_ns, char buf[STATS_TEXT]);

/* "42 connections, 1.2 GB echoed, 3 refused", for a service manager.  Returns buf. */
const char *stats_status(const struct stats *s, char buf[STATS_TEXT]);

#endif
