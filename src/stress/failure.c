#include "stress/failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const names[FAILURES] = {
	[FAILURE_REFUSED] = "refused",
	[FAILURE_TIMEOUT] = "timeout",
	[FAILURE_RESET] = "reset",
	[FAILURE_EOF] = "eof",
	[FAILURE_MISMATCH] = "mismatch",
	[FAILURE_BIND] = "bind",
	[FAILURE_OTHER] = "other",
};

const char *
failure_name(enum failure kind)
{
	return names[kind];
}

enum failure
failure_of(int err)
{
	switch (err) {
	case ECONNREFUSED:
		return FAILURE_REFUSED;
	case ETIME:
	case ETIMEDOUT:
		return FAILURE_TIMEOUT;
	case ECONNRESET:
		return FAILURE_RESET;
	case EPIPE:
		return FAILURE_EOF;
	case EADDRINUSE:
	case EADDRNOTAVAIL:
		return FAILURE_BIND;
	default:
		return FAILURE_OTHER;
	}
}

void
failures_add(struct failures *f, enum failure kind, const char *format, ...)
{
	va_list args;

	if (f->count[kind]++ > 0)
		return;
	va_start(args, format);
	vsnprintf(f->first[kind], FAILURE_TEXT, format, args);
	va_end(args);
}

uint64_t
failures_total(const struct failures *f)
{
	uint64_t n = 0;

	for (unsigned kind = 0; kind < FAILURES; kind++)
		n += f->count[kind];
	return n;
}
