/* chart.h - a line chart as inline SVG; its colours and fonts come from the page's CSS. */
#ifndef ECHOD_STRESS_CHART_H
#define ECHOD_STRESS_CHART_H

#include <stdbool.h>
#include <stdio.h>

#define CHART_LABEL 32

struct axis {
	double min, max;
	bool log; /* each ten times as far; min is above 0 */
	const char *(*label)(char buf[CHART_LABEL], double value);
};

struct chart {
	FILE *out;
	struct axis x, y;
};

/* An axis from 0 to a round number, at least `most`. */
struct axis axis_from_zero(double most,
    const char *(*label)(char buf[CHART_LABEL], double value));

/* A logarithmic axis between round numbers around least and most. */
struct axis axis_log(double least, double most,
    const char *(*label)(char buf[CHART_LABEL], double value));

/* Draw the axes and their grid.  Everything up to chart_end() is one <svg>. */
void chart_begin(const struct chart *c, const char *title);
void chart_end(const struct chart *c);

/* A line through n points, in the colour of a class of the page. */
void chart_line(const struct chart *c, const char *colour, const double *x,
    const double *y, int n);

/* What the pointer shows between two values of x. */
void chart_hint(const struct chart *c, double from, double to, const char *text);

#endif
