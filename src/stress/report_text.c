#include <inttypes.h>
#include <math.h>

#include "stress/limits.h"
#include "stress/report.h"
#include "stress/units.h"

#define BAR_WIDTH 44

/* ---- tables ---- */

static void
print_heading(FILE *out, const struct run *r)
{
	const struct options *o = r->options;
	char size[64], addr[ADDR_TEXT], n[UNITS_TEXT];

	fprintf(out, "%s (%s): %s%s, %s connections, %s, %" PRId64 " in flight",
	    r->target->text, target_where(r->target, addr), r->mode->name,
	    r->target->udp ? " over UDP" : "", units_count(n, (uint64_t)o->connections),
	    report_size(size, o), o->pipeline);
	if (o->rate > 0)
		fprintf(out, ", %s a second on schedule",
		    units_count(n, (uint64_t)o->rate));
	fprintf(out, ", seed %" PRId64 "\n\n", o->seed);
}

/* A closed connection keeps its port for a while; the second half is slow to find. */
static bool
is_short_of_ports(const struct run *r)
{
	int64_t ports = limits_ports(r->options);

	return r->mode->rounds && r->target->path == NULL && ports > 0 &&
	    r->figures->connects > (uint64_t)ports / 2;
}

static void
print_amounts(FILE *out, const struct run *r)
{
	const struct figures *f = r->figures;
	double seconds = run_seconds(r), per = seconds > 0 ? 1 / seconds : 0;
	char n[UNITS_TEXT], each[UNITS_TEXT];

	fprintf(out, "  %-10s %15s %12.0f /s   in %.2f s\n", "messages",
	    units_count(n, f->messages), verdict_rate(r), seconds);
	fprintf(out, "  %-10s %15s %12s/s\n", "sent",
	    units_bytes(n, (double)f->bytes_sent),
	    units_bytes(each, (double)f->bytes_sent * per));
	fprintf(out, "  %-10s %15s %12s/s\n", "received",
	    units_bytes(n, (double)f->bytes_received),
	    units_bytes(each, (double)f->bytes_received * per));
	fprintf(out, "  %-10s %15s", "connects", units_count(n, f->connects));
	if (f->connects > r->nclients)
		fprintf(out, " %12.0f /s", (double)f->connects * per);
	if (is_short_of_ports(r))
		fprintf(out, "   may wait for free ports: see --source");
	fprintf(out, "\n");
	if (f->scheduled)
		fprintf(out, "  %-10s %15s   due, but given up unsent\n", "late",
		    units_count(n, f->late));
	if (f->unanswered > 0)
		fprintf(out, "  %-10s %15s   sent, but their connection failed\n",
		    "unanswered", units_count(n, f->unanswered));
	if (f->aborted > 0)
		fprintf(out, "  %-10s %15s   in flight when reset on purpose\n",
		    "aborted", units_count(n, f->aborted));
}

static void
print_udp(FILE *out, const struct figures *f)
{
	const struct {
		const char *name, *meaning;
		uint64_t n;
	} rows[] = {
		{ "datagrams", "sent", f->udp.sent },
		{ "lost", "not answered in time", f->udp.lost },
		{ "too late", "of those lost, answered after all", f->udp.late },
		{ "duplicated", "answered before", f->udp.duplicated },
		{ "reordered", "overtaken by a later one", f->udp.reordered },
		{ "corrupt", "not what was sent", f->udp.corrupt },
	};
	char t[UNITS_TEXT];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		fprintf(out, "  %-10s %15s   %s\n", rows[i].name,
		    units_count(t, rows[i].n), rows[i].meaning);
	fprintf(out, "  %-10s %15s   (RFC 3550)\n", "jitter",
	    units_time(t, figures_jitter_ns(f)));
}

static void
print_times(FILE *out, const char *name, const struct histogram *h)
{
	char t[UNITS_TEXT];

	if (h->count == 0)
		return;
	fprintf(out, "  %-10s %9s", name, units_time(t, (double)h->min_ns));
	fprintf(out, " %9s", units_time(t, histogram_mean_ns(h)));
	for (int i = 0; i < REPORT_PERCENTILES; i++)
		fprintf(out, " %9s",
		    units_time(t,
			(double)histogram_percentile_ns(h,
			    report_percentiles[i].percent)));
	fprintf(out, " %9s\n", units_time(t, (double)h->max_ns));
}

static void
print_all_times(FILE *out, const struct figures *f)
{
	fprintf(out, "\n  %-10s %9s %9s %9s %9s %9s %9s %9s\n", "", "min", "mean",
	    "p50", "p90", "p99", "p99.9", "max");
	print_times(out, "latency", &f->latency);
	if (f->scheduled)
		print_times(out, "service", &f->service);
	print_times(out, "connect", &f->connect);
}

/* ---- the histogram ---- */

/* 1, 2, 5, 10, 20, 50, ...: the greatest of these that is not above ns. */
static int64_t
round_down(int64_t ns)
{
	static const int steps[] = { 5, 2, 1 };
	int64_t ten = 1;

	while (ten * 10 <= ns)
		ten *= 10;
	for (int i = 0; i < 3; i++)
		if (steps[i] * ten <= ns)
			return steps[i] * ten;
	return 0;
}

static int64_t
round_next(int64_t ns)
{
	int64_t half = round_down(ns * 2), more = round_down(ns * 5 / 2);

	return more > half ? more : half;
}

static void
print_row(FILE *out, int64_t from_ns, int64_t to_ns, uint64_t n, uint64_t most,
    uint64_t total)
{
	int width = (int)ceil((double)n / (double)most * BAR_WIDTH);
	char from[UNITS_TEXT], to[UNITS_TEXT];

	fprintf(out, "  %7s - %7s |", units_round_time(from, (double)from_ns),
	    units_round_time(to, (double)to_ns));
	for (int i = 0; i < BAR_WIDTH; i++)
		fputc(i < width ? '#' : ' ', out);
	fprintf(out, "| %6.2f%%\n", 100 * (double)n / (double)total);
}

/* How the latency is spread, on a scale of 1, 2, 5, 10. */
static void
print_histogram(FILE *out, const struct histogram *h)
{
	uint64_t n[64] = { 0 }, most = 1;
	int64_t from_ns[65];
	int rows = 0;

	if (h->count == 0)
		return;
	from_ns[0] = round_down(h->min_ns > 0 ? h->min_ns : 1);
	for (; rows < 64 && from_ns[rows] <= h->max_ns; rows++) {
		from_ns[rows + 1] = round_next(from_ns[rows]);
		n[rows] = histogram_between(h, from_ns[rows], from_ns[rows + 1]);
		most = n[rows] > most ? n[rows] : most;
	}
	fprintf(out, "\n");
	for (int i = 0; i < rows; i++)
		print_row(out, from_ns[i], from_ns[i + 1], n[i], most, h->count);
}

/* ---- failures ---- */

static void
print_failures(FILE *out, const struct failures *f)
{
	char n[UNITS_TEXT];

	fprintf(out, "\n");
	if (failures_total(f) == 0)
		fprintf(out, "  errors     none\n");
	for (unsigned kind = 0; kind < FAILURES; kind++)
		if (f->count[kind] > 0)
			fprintf(out, "  %-10s %s; the first: %s\n", failure_name(kind),
			    units_count(n, f->count[kind]), f->first[kind]);
}

static void
print_verdict(FILE *out, const struct verdict *v)
{
	fprintf(out, "  result     %s\n", verdict_word(v));
	for (int i = 0; i < v->nreasons; i++)
		fprintf(out, "             %s\n", v->reasons[i]);
}

/* Beyond this the client, not the server, is what was measured. */
static void
print_load(FILE *out, const struct run *r)
{
	double share = run_cpu_share(r);

	fprintf(out, "  client     %.0f%% of one processor%s\n", 100 * share,
	    share > 0.95 ? ": it is the limit here, not the server" : "");
}

void
report_text(FILE *out, const struct run *r, const struct verdict *v)
{
	print_heading(out, r);
	print_amounts(out, r);
	if (r->target->udp)
		print_udp(out, r->figures);
	print_all_times(out, r->figures);
	print_histogram(out, &r->figures->latency);
	print_failures(out, &r->figures->failures);
	print_load(out, r);
	print_verdict(out, v);
}

void
report_text_compare(FILE *out, const struct run *runs, const struct compare *c)
{
	fprintf(out, "%s, %" PRId64 " connections each, %d cycles of 80 ms slices\n\n",
	    runs[0].mode->name, runs[0].options->connections, c->cycles);
	fprintf(out, "  %-24s %10s %17s   %7s %15s %9s  %s\n", "target", "msg/s",
	    "quartiles", "ratio", "quartiles", "p99", "result");
	for (int i = 0; i < c->nruns; i++) {
		struct quartiles rate = compare_rate(c, i), ratio = compare_ratio(c, i);
		struct verdict v = verdict_at_rate(&runs[i], rate.median);
		char p99[UNITS_TEXT];

		units_time(p99,
		    (double)histogram_percentile_ns(&runs[i].figures->latency, 99));
		fprintf(out, "  %-24s %10.0f %8.0f-%8.0f   %7.3f %7.3f-%7.3f %9s  %s\n",
		    runs[i].target->text, rate.median, rate.q1, rate.q3, ratio.median,
		    ratio.q1, ratio.q3, p99, verdict_word(&v));
	}
}
