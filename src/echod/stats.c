#include "echod/stats.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const reason_names[REASONS] = {
	[REASON_EOF] = "eof",
	[REASON_IDLE] = "idle",
	[REASON_RESET] = "reset",
	[REASON_LIMIT] = "limit",
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

	for (int r = 0; r < REASONS && len > 0 && len < STATS_TEXT; r++)
		len += snprintf(buf + len, (size_t)(STATS_TEXT - len), " %s %" PRIu64,
		    reason_names[r], s->ended[r]);
	return buf;
}
