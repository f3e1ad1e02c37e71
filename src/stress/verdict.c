#include "stress/verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

#include "stress/units.h"

static void fail(struct verdict *v, const char *format, ...) PRINTF_LIKE(2, 3);

static void
fail(struct verdict *v, const char *format, ...)
{
	va_list args;

	if (v->status == 0)
		v->status = 1;
	va_start(args, format);
	vsnprintf(v->reasons[v->nreasons++], sizeof(v->reasons[0]), format, args);
	va_end(args);
}

double
verdict_rate(const struct run *r)
{
	double seconds = run_seconds(r);

	return seconds > 0 ? (double)r->figures->messages / seconds : 0;
}

/* Those that the run, if nobody ended it early, had no time to make. */
static void
judge_start(struct verdict *v, const struct run *r)
{
	bool whole = r->budget > 0 && r->stopped_ns >= r->until_ns;

	if (whole && r->started < r->nclients)
		fail(v, "time for only %" PRIu32 " of the %" PRIu32 " connections",
		    r->started, r->nclients);
}

/* It was tried.  Datagrams that are merely not answered say nothing of that. */
static bool
is_unreachable(const struct run *r)
{
	const struct failures *f = &r->figures->failures;
	uint64_t n = r->target->udp ? f->count[FAILURE_REFUSED] : failures_total(f);

	return !r->connected && n > 0;
}

static void
judge_failures(struct verdict *v, const struct run *r)
{
	const struct figures *f = r->figures;
	uint64_t wrong = f->failures.count[FAILURE_MISMATCH];
	uint64_t total = failures_total(&f->failures);
	uint64_t most = (uint64_t)r->options->max_errors;

	if (is_unreachable(r))
		fail(v, "no connection could be made");
	else if (f->messages == 0 && r->interrupted)
		fail(v, "interrupted before anything was measured");
	else if (f->messages == 0 && f->bytes_sent == 0 && total == 0)
		fail(v, "no message was sent");
	else if (f->messages == 0)
		fail(v, "no message was answered");
	if (f->udp.corrupt > 0)
		fail(v, "%" PRIu64 " corrupt datagrams came back", f->udp.corrupt);
	if (f->udp.duplicated > 0)
		fail(v, "%" PRIu64 " datagrams came back again", f->udp.duplicated);
	if (wrong > 0 && !r->target->udp)
		fail(v, "wrong bytes came back on %" PRIu64 " connections", wrong);
	if (total > most)
		fail(v, "%" PRIu64 " errors, more than %" PRIu64, total, most);
}

static void
judge_thresholds(struct verdict *v, const struct run *r, double rate)
{
	const struct options *o = r->options;
	int64_t p99_ns = histogram_percentile_ns(&r->figures->latency, 99);
	char is[UNITS_TEXT], most[UNITS_TEXT];

	if (o->max_p99_ns > 0 && p99_ns > o->max_p99_ns)
		fail(v, "p99 is %s, over %s", units_time(is, (double)p99_ns),
		    units_time(most, (double)o->max_p99_ns));
	if (o->min_rate > 0 && rate < (double)o->min_rate)
		fail(v, "%.1f messages a second, under %" PRId64, rate, o->min_rate);
}

struct verdict
verdict_of(const struct run *r)
{
	return verdict_at_rate(r, verdict_rate(r));
}

struct verdict
verdict_at_rate(const struct run *r, double rate)
{
	struct verdict v = { 0 };

	if (is_unreachable(r))
		v.status = EX_UNAVAILABLE;
	judge_start(&v, r);
	judge_failures(&v, r);
	judge_thresholds(&v, r, rate);
	return v;
}

const char *
verdict_word(const struct verdict *v)
{
	return v->nreasons == 0 ? "ok" : "failed";
}
