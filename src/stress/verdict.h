/* verdict.h - was the run as it should be, and if not, why? */
#ifndef ECHOD_STRESS_VERDICT_H
#define ECHOD_STRESS_VERDICT_H

#include "stress/run.h"

#define VERDICT_REASONS 8

struct verdict {
	int status; /* of the process: 0, 1, or EX_UNAVAILABLE: it never connected */
	int nreasons;
	char reasons[VERDICT_REASONS][160];
};

struct verdict verdict_of(const struct run *r);

/* The same where not all of its time was for this run, but this is its rate. */
struct verdict verdict_at_rate(const struct run *r, double rate);

/* "ok" or "failed". */
const char *verdict_word(const struct verdict *v);

/* Messages answered in a second. */
double verdict_rate(const struct run *r);

#endif
