#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log_sink.h"

static struct {
	bool open;
	enum log_level least;
	uint64_t dropped; /* since the start */
	uint64_t untold;  /* since it was last said how many */
} state = { .least = LOG_LEVEL_INFO };

int
log_open(enum log_level least, enum log_target target)
{
	state.open = true;
	state.least = least;
	return log_sink_open(target);
}

bool
log_wants(enum log_level level)
{
	return level >= state.least;
}

uint64_t
log_dropped(void)
{
	return state.dropped;
}

/* ---- one line ---- */

/* The text goes behind what is in the line already, and is made harmless and cut. */
PRINTF_LIKE(3, 0)
static size_t
add_text(char *line, size_t len, const char *format, va_list args)
{
	size_t room = LOG_LINE_SIZE - len; /* the newline comes where the NUL is */
	int n = vsnprintf(line + len, room, format, args);
	size_t end = len;

	if (n > 0)
		end = (size_t)n < room ? len + (size_t)n : LOG_LINE_SIZE - 1;
	for (char *c = line + len; c < line + end; c++)
		if ((unsigned char)*c < ' ' || *c == '\x7f')
			*c = '?';
	if (n > 0 && (size_t)n >= room)
		memcpy(line + end - 3, "...", 3);
	return end;
}

/* Returns whether it was written. */
PRINTF_LIKE(2, 0)
static bool
write_line(enum log_level level, const char *format, va_list args)
{
	char line[LOG_LINE_SIZE];
	size_t len;

	len = log_sink_prefix(line, sizeof(line), level);
	len = add_text(line, len, format, args);
	line[len++] = '\n';
	return log_sink_put(line, len);
}

PRINTF_LIKE(2, 3)
static bool
tell(enum log_level level, const char *format, ...)
{
	va_list args;
	bool written;

	va_start(args, format);
	written = write_line(level, format, args);
	va_end(args);
	return written;
}

/* Before anything else: how much was lost? */
static bool
own_up(void)
{
	uintmax_t n = state.untold;

	if (n > 0 && !tell(LOG_LEVEL_WARNING, "%ju lines of log were lost", n))
		return false;
	state.untold = 0;
	return true;
}

PRINTF_LIKE(2, 0)
static void
log_line(enum log_level level, const char *format, va_list args)
{
	int saved = errno;

	if (!log_wants(level))
		return;
	if (!state.open)
		log_open(state.least, LOG_TARGET_AUTO);
	if (!own_up() || !write_line(level, format, args)) {
		state.dropped++;
		state.untold++;
	}
	errno = saved;
}

PRINTF_LIKE(2, 3)
static void
log_at(enum log_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(level, format, args);
	va_end(args);
}

void
log_debug(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_LEVEL_DEBUG, format, args);
	va_end(args);
}

void
log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_LEVEL_INFO, format, args);
	va_end(args);
}

void
log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_LEVEL_WARNING, format, args);
	va_end(args);
}

void
log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_LEVEL_ERROR, format, args);
	va_end(args);
}

/* ---- lines of one kind ---- */

bool
log_admits(struct log_kind *kind, enum log_level level, int64_t now_ns)
{
	const int64_t price = SECONDS(1) / LOG_PER_SECOND;
	int64_t full_ns = kind->full_ns > now_ns ? kind->full_ns : now_ns;

	if (!log_wants(level))
		return false;
	if (full_ns - now_ns > (LOG_BURST - 1) * price) {
		kind->level = level;
		kind->left_out++;
		return false;
	}
	kind->full_ns = full_ns + price;
	log_settle(kind);
	kind->level = level;
	return true;
}

void
log_settle(struct log_kind *kind)
{
	uintmax_t n = kind->left_out;

	kind->left_out = 0;
	if (n > 0)
		log_at(kind->level, "%ju more about %s left out", n, kind->what);
}
