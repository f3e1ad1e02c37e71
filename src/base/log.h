/*
 * log.h - one line for each thing worth telling, never at the cost of the loop.
 *
 * Writing a line never blocks: when whoever reads the log has stopped reading,
 * the line is dropped and counted, and the next line that gets through is
 * preceded by one that says how many were lost.
 */
#ifndef ECHOD_BASE_LOG_H
#define ECHOD_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

enum log_target {
	LOG_TARGET_AUTO,   /* stderr; with <N> priorities when that is the journal */
	LOG_TARGET_STDERR, /* stderr with a time stamp, whatever it is */
	LOG_TARGET_SYSLOG, /* the socket /dev/log, RFC 3164, facility daemon */
};

/*
 * Where lines go from now on, and which are left out.  May be called again at
 * any time.  The one global of the program; before the first call: info, auto.
 * auto finds the journal by JOURNAL_STREAM (systemd.exec(5)) and writes the
 * priorities of sd-daemon(3).  Returns 0, or -errno of why there is no socket for
 * syslog: then lines go to stderr, as with auto.
 */
int log_open(enum log_level least, enum log_target target);

/* Would a line of this level be written?  For work that only the log needs. */
bool log_wants(enum log_level level);

/* Lines dropped since the start because the reader of the log stood still. */
uint64_t log_dropped(void);

/*
 * One line, without its newline; control characters in it are replaced by '?'.
 * Keeps errno.
 */
void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);
void log_info(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warning(const char *format, ...) PRINTF_LIKE(1, 2);
void log_error(const char *format, ...) PRINTF_LIKE(1, 2);

/*
 * Lines of one kind, rate-limited.  Ask before each line, and before any work
 * that only the line needs:
 *
 *	if (log_admits(&closings, LOG_LEVEL_INFO, now_ns))
 *		log_info("closed %s", ...);
 *
 * At most LOG_BURST lines at once, and LOG_PER_SECOND of them a second in the
 * long run (a token bucket); the rest are counted.  "N more about WHAT left
 * out" is written, at the same level, before the next line that is admitted,
 * or by log_settle().
 */
#define LOG_BURST      20
#define LOG_PER_SECOND 10

struct log_kind {
	const char *what; /* "closed connections", for the line about those left out */
	enum log_level level; /* of the last line asked for */
	uint64_t left_out;    /* since the last line that said so */
	int64_t full_ns;      /* private: when the bucket will be full again */
};

/* Is a line of this kind and level to be written now?  Never if the level is off. */
bool log_admits(struct log_kind *kind, enum log_level level, int64_t now_ns);

/* Say how many were left out, if any: when the flood is over, and at the end. */
void log_settle(struct log_kind *kind);

#endif
