/* report_charts.h - the graphs of the HTML page. */
#ifndef ECHOD_STRESS_REPORT_CHARTS_H
#define ECHOD_STRESS_REPORT_CHARTS_H

#include <stdio.h>

#include "stress/figures.h"

/* Latency by percentile; rate, and latency, over time.  There is a message at least. */
void report_charts(FILE *out, const struct figures *f);

#endif
