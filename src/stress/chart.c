#include "stress/chart.h"

#include <math.h>

#define WIDTH	     720
#define HEIGHT	     260
#define LEFT	     70
#define RIGHT	     44
#define TOP	     12
#define BOTTOM	     28

#define TICKS_WANTED 7

/* ---- axes ---- */

/* 1, 2 or 5 times a power of ten: the least of these that is not under value. */
static double
round_up(double value)
{
	static const double steps[] = { 1, 2, 5, 10 };
	double ten = pow(10, floor(log10(value)));

	for (int i = 0; i < 4; i++)
		if (steps[i] * ten >= value * (1 - 1e-9))
			return steps[i] * ten;
	return 10 * ten;
}

struct axis
axis_from_zero(double most, const char *(*label)(char buf[CHART_LABEL], double value))
{
	double step = most > 0 ? round_up(most / TICKS_WANTED) : 1;

	return (struct axis){ .max = step * ceil(most > 0 ? most / step : 1),
		.label = label };
}

struct axis
axis_log(double least, double most,
    const char *(*label)(char buf[CHART_LABEL], double value))
{
	return (struct axis){ .min = 1 / round_up(1 / least),
		.max = round_up(most),
		.log = true,
		.label = label };
}

/* Where on the axis is a value, from 0 to 1? */
static double
part_of(const struct axis *a, double value)
{
	if (value < a->min)
		value = a->min;
	if (a->log)
		return log(value / a->min) / log(a->max / a->min);
	return (value - a->min) / (a->max - a->min);
}

static double
at_x(const struct chart *c, double value)
{
	return LEFT + part_of(&c->x, value) * (WIDTH - LEFT - RIGHT);
}

static double
at_y(const struct chart *c, double value)
{
	return HEIGHT - BOTTOM - part_of(&c->y, value) * (HEIGHT - TOP - BOTTOM);
}

/* The tick after this one. */
static double
next_tick(const struct axis *a, double value)
{
	bool few = a->log && a->max / a->min < 2e3;

	if (!a->log)
		return value + round_up((a->max - a->min) / TICKS_WANTED);
	return few ? round_up(value * 1.5) : value * 10;
}

/* The last tick may miss the end of the axis by what is lost in adding up. */
static bool
on_axis(const struct axis *a, double value)
{
	return value <= a->max * 1.0001;
}

static void
draw_x_axis(const struct chart *c)
{
	double v = c->x.min;
	char label[CHART_LABEL];

	while (on_axis(&c->x, v)) {
		double x = at_x(c, v);

		fprintf(c->out,
		    "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" "
		    "y2=\"%d\"/><text class=\"x\" x=\"%.1f\" y=\"%d\">%s</text>\n",
		    x, x, TOP, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 18,
		    c->x.label(label, v));
		v = next_tick(&c->x, v);
	}
}

static void
draw_y_axis(const struct chart *c)
{
	double v = c->y.min;
	char label[CHART_LABEL];

	while (on_axis(&c->y, v)) {
		double y = at_y(c, v);

		fprintf(c->out,
		    "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" "
		    "y2=\"%.1f\"/><text class=\"y\" x=\"%d\" y=\"%.1f\">%s</text>\n",
		    LEFT, WIDTH - RIGHT, y, y, LEFT - 8, y + 4, c->y.label(label, v));
		v = next_tick(&c->y, v);
	}
}

/* ---- the drawing ---- */

void
chart_begin(const struct chart *c, const char *title)
{
	fprintf(c->out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
	    WIDTH, HEIGHT, title);
	draw_x_axis(c);
	draw_y_axis(c);
}

void
chart_end(const struct chart *c)
{
	fprintf(c->out, "</svg>\n");
}

void
chart_line(const struct chart *c, const char *colour, const double *x, const double *y,
    int n)
{
	fprintf(c->out, "<polyline class=\"line %s\" points=\"", colour);
	for (int i = 0; i < n; i++)
		fprintf(c->out, "%.1f,%.1f ", at_x(c, x[i]), at_y(c, y[i]));
	fprintf(c->out, "\"/>\n");
}

void
chart_hint(const struct chart *c, double from, double to, const char *text)
{
	fprintf(c->out,
	    "<rect class=\"hint\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\">"
	    "<title>%s</title></rect>\n",
	    at_x(c, from), TOP, at_x(c, to) - at_x(c, from), HEIGHT - TOP - BOTTOM,
	    text);
}
