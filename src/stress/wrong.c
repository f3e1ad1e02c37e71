#include "stress/wrong.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "stress/exchange.h"
#include "stress/run.h"
#include "stress/stream.h"

#define RIGHT_AGAIN 4 /* so many right bytes are no accident */

/* After how many bytes is the stream right again?  0: not in these. */
static size_t
right_after(const struct client *c, const char *got, size_t n)
{
	for (size_t i = 1; i + RIGHT_AGAIN <= n; i++)
		if (stream_check(c->seed, c->received + i, got + i, RIGHT_AGAIN) ==
		    RIGHT_AGAIN)
			return i;
	return 0;
}

/* What has happened to them? */
static void
explain(const struct client *c, const char *got, size_t n, char *buf, size_t size)
{
	uint64_t offset = c->received, at;
	bool found = stream_find(&at, c->seed, offset, got, n);
	size_t wrong = right_after(c, got, n);

	if (!found && wrong > 0)
		snprintf(buf, size, "%zu wrong, then right again", wrong);
	else if (!found)
		snprintf(buf, size, "not from near here in the stream");
	else
		snprintf(buf, size,
		    "here stand the bytes of offset %" PRIu64 ", %" PRIu64
		    " too %s: %s",
		    at, at > offset ? at - offset : offset - at,
		    at > offset ? "early" : "late",
		    wrong > 0	      ? "out of order"
			: at > offset ? "bytes lost, or out of order"
				      : "bytes repeated, or out of order");
}

void
wrong_bytes(struct client *c, const char *got, size_t due, size_t n)
{
	unsigned byte = (unsigned char)got[0];
	char why[160];

	if (due == 0) {
		exchange_fail(c, FAILURE_MISMATCH,
		    "offset %" PRIu64 ": got 0x%02x, expected nothing: %zu surplus "
		    "bytes behind all that was sent",
		    c->received, byte, n);
		return;
	}
	explain(c, got, due, why, sizeof(why));
	exchange_fail(c, FAILURE_MISMATCH,
	    "offset %" PRIu64 ": got 0x%02x, expected 0x%02x: %s", c->received, byte,
	    stream_byte(c->seed, c->received), why);
}

void
wrong_late(struct client *c, int64_t now_ns)
{
	const struct message *m = &c->flight[c->first];
	double limit_s = (double)c->run->options->timeout_ns / 1e9;

	if (c->send_err != 0)
		wrong_errno(c, c->send_err);
	else if (c->inflight == 0)
		exchange_fail(c, FAILURE_TIMEOUT,
		    "offset %" PRIu64 ": all came back, but no FIN within %g s",
		    c->received, limit_s);
	else if (c->received >= m->end)
		exchange_fail(c, FAILURE_TIMEOUT,
		    "offset %" PRIu64 ": the answer came after %.3f s, over the limit "
		    "of %g s",
		    m->end, (double)(now_ns - m->sent_ns) / 1e9, limit_s);
	else
		exchange_fail(c, FAILURE_TIMEOUT,
		    "offset %" PRIu64 ": no answer within %g s, with %" PRIu64
		    " bytes to come",
		    c->received, limit_s, c->issued - c->received);
}

void
wrong_eof(struct client *c)
{
	if (c->send_err == ECONNRESET) {
		wrong_errno(c, c->send_err); /* send(2) was told, so recv(2) is not */
		return;
	}
	c->eof = true;
	if (c->fin_sent && c->received == c->issued)
		return;
	exchange_fail(c, FAILURE_EOF,
	    "offset %" PRIu64 ": the server ended the stream early, with %" PRIu64
	    " bytes to come",
	    c->received, c->issued - c->received);
}

void
wrong_errno(struct client *c, int err)
{
	exchange_fail(c, failure_of(err),
	    "offset %" PRIu64 ": %s, with %" PRIu64 " bytes to come", c->received,
	    strerror(err), c->issued - c->received);
}
