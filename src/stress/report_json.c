#include <inttypes.h>

#include "stress/report.h"

/* How many bytes are the character that text begins with?  0: no UTF-8 (RFC 3629). */
static size_t
character(const char *text)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t ch = (unsigned char)text[0];
	size_t n = ch < 0x80 ? 1
	    : ch >> 5 == 6   ? 2
	    : ch >> 4 == 14  ? 3
	    : ch >> 3 == 30  ? 4
			     : 0;

	if (n < 2)
		return n;
	ch &= 0x7fU >> n;
	for (size_t i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		ch = ch << 6 | (text[i] & 0x3f);
	}
	return ch < least[n] || ch > 0x10ffff || ch >> 11 == 0x1b ? 0 : n;
}

/* In quotes, as RFC 8259 wants it. */
static void
print_string(FILE *out, const char *text)
{
	size_t n;

	fputc('"', out);
	for (; *text != '\0'; text += n > 0 ? n : 1) {
		n = character(text);
		if (n == 0)
			fprintf(out, "\\ufffd");
		else if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if (n == 1 && *text < 0x20)
			fprintf(out, "\\u%04x", (unsigned)*text);
		else
			fwrite(text, 1, n, out);
	}
	fputc('"', out);
}

/* In microseconds; null where nothing was measured. */
static void
print_times(FILE *out, const char *name, const struct histogram *h)
{
	if (h->count == 0) {
		fprintf(out, ", \"%s\": null", name);
		return;
	}
	fprintf(out, ", \"%s\": {\"min\": %.3f, \"mean\": %.3f", name,
	    (double)h->min_ns / 1e3, histogram_mean_ns(h) / 1e3);
	for (int i = 0; i < REPORT_PERCENTILES; i++) {
		const struct report_percentile *p = &report_percentiles[i];

		fprintf(out, ", \"%s\": %.3f", p->name,
		    (double)histogram_percentile_ns(h, p->percent) / 1e3);
	}
	fprintf(out, ", \"max\": %.3f}", (double)h->max_ns / 1e3);
}

static void
print_failures(FILE *out, const struct failures *f)
{
	const char *comma = "";

	fprintf(out, ", \"errors\": {");
	for (unsigned kind = 0; kind < FAILURES; kind++)
		fprintf(out, "%s\"%s\": %" PRIu64, kind > 0 ? ", " : "",
		    failure_name(kind), f->count[kind]);
	fprintf(out, "}, \"first_errors\": {");
	for (unsigned kind = 0; kind < FAILURES; kind++) {
		if (f->count[kind] == 0)
			continue;
		fprintf(out, "%s\"%s\": ", comma, failure_name(kind));
		print_string(out, f->first[kind]);
		comma = ", ";
	}
	fprintf(out, "}");
}

static void
print_verdict(FILE *out, const struct verdict *v)
{
	fprintf(out, ", \"result\": \"%s\"", verdict_word(v));
	if (v->nreasons == 0)
		return;
	fprintf(out, ", \"failed_because\": [");
	for (int i = 0; i < v->nreasons; i++) {
		fprintf(out, "%s", i > 0 ? ", " : "");
		print_string(out, v->reasons[i]);
	}
	fprintf(out, "]");
}

/* The members that a single target and a compared one have in common. */
static void
print_figures(FILE *out, const struct run *r)
{
	const struct figures *f = r->figures;

	fprintf(out,
	    ", \"messages\": %" PRIu64 ", \"bytes_sent\": %" PRIu64
	    ", \"bytes_received\": %" PRIu64,
	    f->messages, f->bytes_sent, f->bytes_received);
}

static void
print_udp(FILE *out, const struct figures *f)
{
	fprintf(out,
	    ", \"udp\": {\"sent\": %" PRIu64 ", \"received\": %" PRIu64
	    ", \"lost\": %" PRIu64 ", \"late\": %" PRIu64 ", \"duplicated\": %" PRIu64
	    ", \"reordered\": %" PRIu64 ", \"corrupt\": %" PRIu64
	    ", \"jitter_us\": %.3f}",
	    f->udp.sent, f->messages, f->udp.lost, f->udp.late, f->udp.duplicated,
	    f->udp.reordered, f->udp.corrupt, figures_jitter_ns(f) / 1e3);
}

static void
print_rest(FILE *out, const struct run *r, const struct verdict *v)
{
	const struct figures *f = r->figures;

	print_times(out, "latency_us", &f->latency);
	if (f->scheduled)
		print_times(out, "service_us", &f->service);
	if (r->target->udp)
		print_udp(out, f);
	print_times(out, "connect_us", &f->connect);
	print_failures(out, &f->failures);
	fprintf(out,
	    ", \"connects\": %" PRIu64 ", \"unanswered\": %" PRIu64
	    ", \"aborted\": %" PRIu64,
	    f->connects, f->unanswered, f->aborted);
	if (f->scheduled)
		fprintf(out, ", \"late\": %" PRIu64, f->late);
	print_verdict(out, v);
}

static void
print_settings(FILE *out, const struct options *o)
{
	fprintf(out,
	    ", \"mode\": \"%s\", \"connections\": %" PRId64 ", \"size_min\": %" PRId64
	    ", \"size_max\": %" PRId64 ", \"pipeline\": %" PRId64
	    ", \"seed\": %" PRId64,
	    o->mode->name, o->connections, o->size_min, o->size_max, o->pipeline,
	    o->seed);
}

void
report_json(FILE *out, const struct run *r, const struct verdict *v)
{
	double seconds = run_seconds(r);
	double bytes = (double)r->figures->bytes_received;

	fprintf(out, "{\"target\": ");
	print_string(out, r->target->text);
	print_settings(out, r->options);
	fprintf(out, ", \"duration_s\": %.6f", seconds);
	print_figures(out, r);
	fprintf(out, ", \"rate_per_s\": %.3f, \"mbytes_per_s\": %.6f", verdict_rate(r),
	    seconds > 0 ? bytes / 1e6 / seconds : 0);
	fprintf(out, ", \"connects_per_s\": %.3f, \"client_cpu\": %.3f",
	    seconds > 0 ? (double)r->figures->connects / seconds : 0, run_cpu_share(r));
	print_rest(out, r, v);
	fprintf(out, "}\n");
}

static void
print_quartiles(FILE *out, const char *name, struct quartiles q)
{
	fprintf(out, ", \"%s\": {\"q1\": %.4f, \"median\": %.4f, \"q3\": %.4f}", name,
	    q.q1, q.median, q.q3);
}

void
report_json_compare(FILE *out, const struct run *runs, const struct compare *c)
{
	fprintf(out, "{\"compare\": [");
	for (int i = 0; i < c->nruns; i++) {
		struct verdict v = verdict_at_rate(&runs[i], compare_rate(c, i).median);

		fprintf(out, "%s{\"target\": ", i > 0 ? ", " : "");
		print_string(out, runs[i].target->text);
		print_settings(out, runs[i].options);
		print_figures(out, &runs[i]);
		print_quartiles(out, "rate_per_s", compare_rate(c, i));
		print_quartiles(out, "ratio", compare_ratio(c, i));
		print_rest(out, &runs[i], &v);
		fprintf(out, "}");
	}
	fprintf(out, "], \"cycles\": %d}\n", c->cycles);
}
