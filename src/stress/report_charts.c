#include "stress/report_charts.h"

#include <math.h>

#include "stress/chart.h"
#include "stress/units.h"

#define POINTS 200
#define HINTS  60

/* ---- labels ---- */

static const char *
label_time(char buf[CHART_LABEL], double ns)
{
	return units_round_time(buf, ns);
}

static const char *
label_count(char buf[CHART_LABEL], double n)
{
	return units_count(buf, (uint64_t)(n + 0.5));
}

static const char *
label_seconds(char buf[CHART_LABEL], double s)
{
	snprintf(buf, CHART_LABEL, "%g s", s);
	return buf;
}

/* 0: 0%, 1: 90%, 2: 99%, 3: 99.9%, ... */
static const char *
label_nines(char buf[CHART_LABEL], double nines)
{
	int decimals = nines > 2 ? (int)(nines + 0.5) - 2 : 0;

	snprintf(buf, CHART_LABEL, "%.*f%%", decimals, 100 - 100 * pow(10, -nines));
	return buf;
}

/* ---- latency by percentile ---- */

static void
draw_percentiles(const struct chart *c, const struct histogram *h, const char *colour)
{
	double x[POINTS], y[POINTS];

	for (int i = 0; i < POINTS; i++) {
		x[i] = c->x.max * i / (POINTS - 1);
		y[i] = (double)histogram_percentile_ns(h, 100 - 100 * pow(10, -x[i]));
	}
	chart_line(c, colour, x, y, POINTS);
}

static void
hint_percentiles(const struct chart *c, const struct histogram *h)
{
	char text[64], time[UNITS_TEXT];
	double step = c->x.max / HINTS;

	for (int i = 0; i < HINTS; i++) {
		double percent = 100 - 100 * pow(10, -(i + 0.5) * step);

		units_time(time, (double)histogram_percentile_ns(h, percent));
		snprintf(text, sizeof(text), "%.6g%% are within %s", percent, time);
		chart_hint(c, i * step, (i + 1) * step, text);
	}
}

static void
chart_percentiles(FILE *out, const struct figures *f)
{
	const struct histogram *h = &f->latency;
	double least = (double)(h->min_ns > 0 ? h->min_ns : 1);
	struct chart c = {
		.out = out,
		.x = { .max = ceil(log10((double)h->count + 1)), .label = label_nines },
		.y = axis_log(least, (double)h->max_ns + 1, label_time),
	};

	if (f->scheduled && f->service.min_ns > 0 && f->service.min_ns < h->min_ns)
		c.y = axis_log((double)f->service.min_ns, (double)h->max_ns + 1,
		    label_time);
	fprintf(out,
	    "<section><h2>Latency by percentile<span class=\"key\">"
	    "<i class=\"one\"></i>%s%s</span></h2>\n",
	    f->scheduled ? "from when it was due" : "from send to answer",
	    f->scheduled ? "<i class=\"two\"></i>from when it was sent" : "");
	chart_begin(&c, "latency by percentile");
	if (f->scheduled)
		draw_percentiles(&c, &f->service, "two");
	draw_percentiles(&c, h, "one");
	hint_percentiles(&c, h);
	chart_end(&c);
	fprintf(out, "</section>\n");
}

/* ---- over time ---- */

/* The samples as columns, in seconds, messages a second, and nanoseconds. */
struct columns {
	int n;
	double from[SAMPLES], to[SAMPLES], rate[SAMPLES], most_rate;
	int nanswered; /* those in which a message was answered: the others have no times */
	double at[SAMPLES], p50[SAMPLES], p99[SAMPLES], least_ns, most_ns;
};

static void
add_times(struct columns *c, const struct sample *s)
{
	double p50 = (double)s->p50_ns, p99 = (double)s->p99_ns;

	c->least_ns = c->nanswered == 0 ? p50 : fmin(c->least_ns, p50);
	c->most_ns = fmax(c->most_ns, p99);
	c->at[c->nanswered] = (double)s->end_ns / 1e9;
	c->p50[c->nanswered] = p50;
	c->p99[c->nanswered++] = p99;
}

/* Without the warm-up, and without a last one too short to tell a rate. */
static void
fill_columns(struct columns *c, const struct figures *f)
{
	double begin = (double)(f->from_ns - f->began_ns) / 1e9, from = 0, width = 0;

	for (int i = 0; i < f->nsamples; i++) {
		const struct sample *s = &f->samples[i];
		double to = (double)s->end_ns / 1e9;

		if (from >= begin && to - from > width / 2) {
			width = to - from;
			c->from[c->n] = from;
			c->to[c->n] = to;
			c->rate[c->n] = (double)s->messages / width;
			c->most_rate = fmax(c->most_rate, c->rate[c->n]);
			c->n++;
			if (s->messages > 0)
				add_times(c, s);
		}
		from = to;
	}
}

static void
hint_rates(const struct chart *chart, const struct columns *c)
{
	char text[128], n[UNITS_TEXT];

	for (int i = 0; i < c->n; i++) {
		snprintf(text, sizeof(text), "%.1f s: %s messages a second", c->to[i],
		    units_count(n, (uint64_t)(c->rate[i] + 0.5)));
		chart_hint(chart, c->from[i], c->to[i], text);
	}
}

static void
hint_times(const struct chart *chart, const struct columns *c)
{
	char text[128], p50[UNITS_TEXT], p99[UNITS_TEXT];

	for (int i = 0; i < c->nanswered; i++) {
		snprintf(text, sizeof(text), "%.1f s: p50 %s, p99 %s", c->at[i],
		    units_time(p50, c->p50[i]), units_time(p99, c->p99[i]));
		chart_hint(chart, i > 0 ? c->at[i - 1] : c->from[0], c->at[i], text);
	}
}

static void
chart_rate(FILE *out, const struct columns *c, struct axis x)
{
	struct chart chart = { out, x, axis_from_zero(c->most_rate, label_count) };

	fprintf(out, "<section><h2>Messages a second</h2>\n");
	chart_begin(&chart, "messages a second over time");
	chart_line(&chart, "one", c->to, c->rate, c->n);
	hint_rates(&chart, c);
	chart_end(&chart);
	fprintf(out, "</section>\n");
}

static void
chart_times(FILE *out, const struct columns *c, struct axis x)
{
	struct chart chart = { out, x,
		axis_log(c->least_ns + 1, c->most_ns + 2, label_time) };

	fprintf(out,
	    "<section><h2>Latency over time<span class=\"key\">"
	    "<i class=\"one\"></i>p50<i class=\"two\"></i>p99</span></h2>\n");
	chart_begin(&chart, "latency over time");
	chart_line(&chart, "two", c->at, c->p99, c->nanswered);
	chart_line(&chart, "one", c->at, c->p50, c->nanswered);
	hint_times(&chart, c);
	chart_end(&chart);
	fprintf(out, "</section>\n");
}

void
report_charts(FILE *out, const struct figures *f)
{
	struct columns c = { 0 };
	struct axis x;

	chart_percentiles(out, f);
	fill_columns(&c, f);
	if (c.n == 0)
		return;
	x = axis_from_zero(c.to[c.n - 1], label_seconds);
	x.max = c.to[c.n - 1];
	chart_rate(out, &c, x);
	if (c.nanswered > 0)
		chart_times(out, &c, x);
}
