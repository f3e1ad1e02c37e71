#include "echod/stats.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const reason_names[REASONS] = {
	[REASON_EOF] = "eof",
	[REASON_IDLE] = "idle",
	[REASON_RESET] = "reset",
	[REASON_LIMIT] = "limit",
	[REASON_DENIED] = "denied",
	[REASON_DRAIN] = "drain",
	[REASON_ERROR] = "error",
};

const char *
reason_name(enum reason reason)
{
	return reason_names[reason];
}

const char *
stats_format(const struct stats *s, int64_t now_ns, char buf[STATS_TEXT])
{
	int len = snprintf(buf, STATS_TEXT,
	    "%.1f s up, %" PRIu64 " connections open, %" PRIu64 " accepted, %" PRIu64
	    " bytes echoed, %" PRIu64 " accept pauses; ended by",
	    (double)(now_ns - s->started_ns) / 1e9, s->connections, s->accepted,
	    s->bytes, s->accept_pauses);

	for (int r = 0; r < REASONS; r++)
		len += snprintf(buf + len, (size_t)(STATS_TEXT - len), " %s %" PRIu64,
		    reason_names[r], s->ended[r]);
	return buf;
}

/* "999 bytes", "1.2 GB": powers of 1000. */
static void
format_bytes(uint64_t bytes, char *buf, size_t size)
{
	static const char units[] = "kMGTPE";
	double n = (double)bytes;
	size_t u = 0;

	if (bytes < 1000) {
		snprintf(buf, size, "%" PRIu64 " bytes", bytes);
		return;
	}
	while (n >= 999950) { /* to be rounded to 1000.0 */
		n /= 1000;
		u++;
	}
	snprintf(buf, size, "%.1f %cB", n / 1000, units[u]);
}

const char *
stats_status(const struct stats *s, char buf[STATS_TEXT])
{
	char bytes[32];

	format_bytes(s->bytes, bytes, sizeof(bytes));
	snprintf(buf, STATS_TEXT,
	    "%s%" PRIu64 " connection%s, %s echoed, %" PRIu64 " refused",
	    s->reload_failed ? "The last reload failed, see the log; " : "",
	    s->connections, s->connections == 1 ? "" : "s", bytes, s->refused);
	return buf;
}
