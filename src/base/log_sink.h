/* log_sink.h - where lines of log go, and how they are written without blocking. */
#ifndef ECHOD_BASE_LOG_SINK_H
#define ECHOD_BASE_LOG_SINK_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"

/* The longest line and its newline: what a syslog daemon must take (RFC 3164, 4.1). */
#define LOG_LINE_SIZE 1024

_Static_assert(LOG_LINE_SIZE <= PIPE_BUF, "a pipe takes a line whole or not at all");

/*
 * Turn to this target.  There is one sink, and this comes before all else.  Returns
 * 0, or -errno of why it had to be stderr instead.
 */
int log_sink_open(enum log_target target);

/* Write what the target wants before the text.  Returns its length, a few dozen. */
size_t log_sink_prefix(char *line, size_t size, enum log_level level);

/*
 * Write a line that begins with its prefix and ends with a newline.  Returns
 * whether all of it was written: nobody waits for those who do not read.
 */
bool log_sink_put(const char *line, size_t len);

#endif
