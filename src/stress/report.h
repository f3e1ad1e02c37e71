/* report.h - what a session tells when it is over, to people and to machines. */
#ifndef ECHOD_STRESS_REPORT_H
#define ECHOD_STRESS_REPORT_H

#include <stdio.h>

#include "stress/compare.h"
#include "stress/options.h"
#include "stress/run.h"
#include "stress/verdict.h"

struct report_files {
	FILE *json, *hgrm, *html; /* or NULL */
};

/*
 * Open the files that the options name, before the run rather than in vain
 * after it.  Says which cannot be had, and returns -errno.
 */
int report_open(struct report_files *files, const struct options *options);

/* Write all that was asked for.  Returns the exit status. */
int report_all(struct report_files *files, const struct options *options,
    const struct run *runs, const struct compare *compare);

/* ---- each in a file of its own ---- */

void report_text(FILE *out, const struct run *r, const struct verdict *v);
void report_text_compare(FILE *out, const struct run *runs, const struct compare *c);

/* One object, with a newline behind it. */
void report_json(FILE *out, const struct run *r, const struct verdict *v);
void report_json_compare(FILE *out, const struct run *runs, const struct compare *c);

/* The percentiles of latency, in microseconds, as HdrHistogram writes them. */
void report_hgrm(FILE *out, const struct histogram *h);

/* One page that needs nothing else. */
void report_html(FILE *out, const struct run *r, const struct verdict *v);

/* ---- what they share ---- */

struct report_percentile {
	const char *name;
	double percent;
};

#define REPORT_PERCENTILES 4
extern const struct report_percentile report_percentiles[REPORT_PERCENTILES];

/* "64 bytes", "64 to 4096 bytes".  Returns buf. */
const char *report_size(char buf[64], const struct options *o);

#endif
