#include <inttypes.h>

#include "stress/report.h"
#include "stress/report_charts.h"
#include "stress/units.h"

/* clang-format off: one string, line by line */
static const char style[] =
    "<style>\n"
    ":root { --ink: #1b2733; --soft: #5c6b7a; --line: #dde3e9; --paper: #fff;\n"
    "  --card: #f6f8fa; --one: #1f6feb; --two: #d1690e;\n"
    "  --ok: #1a7f37; --bad: #cf222e }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  :root { --ink: #e6edf3; --soft: #9aa7b4; --line: #2d3640; --paper: #0f141a;\n"
    "    --card: #171e26; --one: #6cb0ff; --two: #f2a65a;\n"
    "    --ok: #4ac26b; --bad: #ff7b72 } }\n"
    "body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: var(--ink);\n"
    "  background: var(--paper); font: 15px/1.5 system-ui, sans-serif }\n"
    "h1 { font-size: 1.4rem; margin: 0 }\n"
    "h2 { font-size: 1rem; margin: 0 0 .5rem }\n"
    ".lead { color: var(--soft); margin: .2rem 0 1.2rem }\n"
    ".badge { border-radius: 1rem; padding: .1rem .7rem; font-size: .85rem;\n"
    "  color: var(--paper); vertical-align: 2px; margin-left: .5rem }\n"
    ".ok { background: var(--ok) } .failed { background: var(--bad) }\n"
    ".tiles { display: grid; gap: .8rem;\n"
    "  grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)) }\n"
    ".tile, section { background: var(--card); border: 1px solid var(--line);\n"
    "  border-radius: .5rem; padding: .8rem 1rem }\n"
    "section { margin-top: 1rem; overflow-x: auto }\n"
    ".tile, .key { color: var(--soft); font-size: .85rem }\n"
    ".tile b { color: var(--ink); display: block; font: 600 1.35rem system-ui }\n"
    "svg { width: 100%; height: auto; display: block }\n"
    "svg text { fill: var(--soft); font: 11px system-ui, sans-serif }\n"
    "svg .x { text-anchor: middle } svg .y { text-anchor: end }\n"
    ".grid { stroke: var(--line) }\n"
    ".hint { fill: transparent }\n"
    ".hint:hover { fill: var(--soft); fill-opacity: .12 }\n"
    ".line { fill: none; stroke-width: 1.8; stroke-linejoin: round }\n"
    ".one { stroke: var(--one) } .two { stroke: var(--two) }\n"
    "i { display: inline-block; width: 1rem; border-top: 3px solid;\n"
    "  margin: 0 .4rem 3px .8rem }\n"
    "i.one { color: var(--one) } i.two { color: var(--two) }\n"
    "table { border-collapse: collapse; width: 100%;\n"
    "  font-variant-numeric: tabular-nums }\n"
    "th, td { text-align: right; white-space: nowrap; padding: .25rem .5rem;\n"
    "  border-top: 1px solid var(--line) }\n"
    "tr:first-child > * { border: 0 }\n"
    "th { color: var(--soft); font-weight: 500 }\n"
    "th:first-child, .text { text-align: left; white-space: normal }\n"
    "</style>\n";
/* clang-format on */

/* Text that may hold anything. */
static void
print_escaped(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else
			fputc(*text, out);
	}
}

static void
print_head(FILE *out, const struct run *r, const struct verdict *v)
{
	const struct options *o = r->options;
	char size[64], n[UNITS_TEXT], addr[ADDR_TEXT];

	fprintf(out,
	    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width\">\n"
	    "<title>echo-stress: ");
	print_escaped(out, r->target->text);
	fprintf(out, "</title>\n%s<h1>", style);
	print_escaped(out, r->target->text);
	fprintf(out, "<span class=\"badge %s\">%s</span></h1>\n", verdict_word(v),
	    verdict_word(v));
	fprintf(out, "<p class=\"lead\">%s, %s connections, %s, %" PRId64 " in flight",
	    r->mode->name, units_count(n, (uint64_t)o->connections),
	    report_size(size, o), o->pipeline);
	if (o->rate > 0)
		fprintf(out, ", %s messages a second on schedule",
		    units_count(n, (uint64_t)o->rate));
	fprintf(out, "; %.2f s against ", run_seconds(r));
	print_escaped(out, target_where(r->target, addr));
	fprintf(out, "</p>\n");
}

static void
print_tile(FILE *out, const char *value, const char *what)
{
	fprintf(out, "<div class=\"tile\"><b>%s</b>%s</div>\n", value, what);
}

static void
print_tiles(FILE *out, const struct run *r)
{
	const struct figures *f = r->figures;
	char text[UNITS_TEXT];

	fprintf(out, "<div class=\"tiles\">\n");
	print_tile(out, units_count(text, (uint64_t)(verdict_rate(r) + 0.5)),
	    "messages a second");
	print_tile(out,
	    units_time(text, (double)histogram_percentile_ns(&f->latency, 50)),
	    "latency, median");
	print_tile(out,
	    units_time(text, (double)histogram_percentile_ns(&f->latency, 99)),
	    "latency, p99");
	print_tile(out, units_count(text, f->messages), "messages");
	print_tile(out, units_count(text, failures_total(&f->failures)), "errors");
	fprintf(out, "</div>\n");
}

/* ---- tables ---- */

static void
print_times(FILE *out, const char *name, const struct histogram *h)
{
	char t[UNITS_TEXT];

	if (h->count == 0)
		return;
	fprintf(out, "<tr><th>%s<td>%s", name, units_time(t, (double)h->min_ns));
	fprintf(out, "<td>%s", units_time(t, histogram_mean_ns(h)));
	for (int i = 0; i < REPORT_PERCENTILES; i++)
		fprintf(out, "<td>%s",
		    units_time(t,
			(double)histogram_percentile_ns(h,
			    report_percentiles[i].percent)));
	fprintf(out, "<td>%s\n", units_time(t, (double)h->max_ns));
}

static void
print_all_times(FILE *out, const struct figures *f)
{
	fprintf(out,
	    "<section><h2>Times</h2><table>\n"
	    "<tr><th><th>min<th>mean<th>p50<th>p90<th>p99<th>p99.9<th>max\n");
	print_times(out, "latency", &f->latency);
	if (f->scheduled)
		print_times(out, "service", &f->service);
	print_times(out, "connect", &f->connect);
	fprintf(out, "</table></section>\n");
}

static void
print_failures(FILE *out, const struct run *r, const struct verdict *v)
{
	const struct failures *f = &r->figures->failures;

	if (v->nreasons == 0 && failures_total(f) == 0)
		return;
	fprintf(out, "<section><h2>What went wrong</h2><table>\n");
	for (int i = 0; i < v->nreasons; i++) {
		fprintf(out, "<tr><th>failed because<td><td class=\"text\">");
		print_escaped(out, v->reasons[i]);
		fprintf(out, "\n");
	}
	for (unsigned kind = 0; kind < FAILURES; kind++) {
		if (f->count[kind] == 0)
			continue;
		fprintf(out, "<tr><th>%s<td>%" PRIu64 "<td class=\"text\">first: ",
		    failure_name(kind), f->count[kind]);
		print_escaped(out, f->first[kind]);
		fprintf(out, "\n");
	}
	fprintf(out, "</table></section>\n");
}

static void
print_setting(FILE *out, const char *name, const char *value)
{
	fprintf(out, "<tr><th>%s<td class=\"text\">%s\n", name, value);
}

static void
print_udp(FILE *out, const struct figures *f)
{
	char text[UNITS_TEXT];

	print_setting(out, "datagrams sent", units_count(text, f->udp.sent));
	print_setting(out, "lost", units_count(text, f->udp.lost));
	print_setting(out, "of those, answered too late",
	    units_count(text, f->udp.late));
	print_setting(out, "duplicated", units_count(text, f->udp.duplicated));
	print_setting(out, "reordered", units_count(text, f->udp.reordered));
	print_setting(out, "corrupt", units_count(text, f->udp.corrupt));
	print_setting(out, "jitter", units_time(text, figures_jitter_ns(f)));
}

static void
print_amounts(FILE *out, const struct run *r)
{
	const struct options *o = r->options;
	const struct figures *f = r->figures;
	char text[UNITS_TEXT];

	fprintf(out, "<section><h2>Amounts and settings</h2><table>\n");
	print_setting(out, "sent", units_bytes(text, (double)f->bytes_sent));
	print_setting(out, "received", units_bytes(text, (double)f->bytes_received));
	print_setting(out, "connects", units_count(text, f->connects));
	print_setting(out, "sent, but their connection failed",
	    units_count(text, f->unanswered));
	if (r->target->udp)
		print_udp(out, f);
	if (f->scheduled)
		print_setting(out, "due, but given up unsent",
		    units_count(text, f->late));
	print_setting(out, "limit for an answer",
	    units_time(text, (double)o->timeout_ns));
	print_setting(out, "warm-up, not counted",
	    units_time(text, (double)o->warmup_ns));
	snprintf(text, sizeof(text), "%" PRId64, o->seed);
	print_setting(out, "seed", text);
	snprintf(text, sizeof(text), "%.0f%% of one processor", 100 * run_cpu_share(r));
	print_setting(out, "the client itself", text);
	fprintf(out, "</table></section>\n");
}

void
report_html(FILE *out, const struct run *r, const struct verdict *v)
{
	print_head(out, r, v);
	print_tiles(out, r);
	print_failures(out, r, v);
	if (r->figures->latency.count > 0)
		report_charts(out, r->figures);
	print_all_times(out, r->figures);
	print_amounts(out, r);
	fprintf(out, "</html>\n");
}
