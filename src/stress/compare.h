/*
 * compare.h - several targets side by side, in short slices in turn.
 *
 * On a machine whose speed wavers, only what was measured at the same time can
 * be compared.  So each target gets a slice of 80 ms, then the next one; the
 * order rotates from cycle to cycle; and each slice is set against the first
 * target's slice of the same cycle.
 */
#ifndef ECHOD_STRESS_COMPARE_H
#define ECHOD_STRESS_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/task.h"

struct run;

struct compare {
	/* To be set first. */
	struct run *runs;
	int nruns;
	const bool *interrupted;

	/* Messages a second, by cycle and target: rates[cycle * nruns + target]. */
	double *rates;
	int cycles;

	/* private */
	int room, k;
	struct run *run;
	int64_t from_ns, began_ns, end_ns, mark_ns;
	uint64_t mark;
};

struct quartiles {
	double q1, median, q3;
};

/* A routine for CALL(), from the first connect to the last close. */
enum step compare(struct task *t, struct compare *c);

void compare_release(struct compare *c);

/* Of all cycles; zeros when there is none. */
struct quartiles compare_rate(const struct compare *c, int target);
struct quartiles compare_ratio(const struct compare *c, int target);

#endif
