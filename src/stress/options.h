/* options.h - the command line of echo-stress(1). */
#ifndef ECHOD_STRESS_OPTIONS_H
#define ECHOD_STRESS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "stress/modes.h"
#include "stress/target.h"

#define OPTIONS_TARGETS 16

struct options {
	struct target targets[OPTIONS_TARGETS];
	int ntargets;
	const struct mode *mode;

	int64_t connections;
	int64_t duration_ns;
	int64_t messages; /* in all; 0: as many as fit into duration_ns */
	int64_t size_min, size_max;
	int64_t pipeline;
	int64_t rate; /* messages a second; 0: closed loop */
	int64_t ramp_ns, warmup_ns, timeout_ns;
	int64_t seed;
	struct source_range source; /* count 0: the kernel picks */

	bool compare;
	bool udp; /* all targets are */
	bool json, quiet, verbose;
	const char *json_file, *hgrm_file, *html_file; /* or NULL */

	/* Thresholds for the exit status; 0, or no errors: not set. */
	int64_t max_p99_ns, min_rate, max_errors;
};

/*
 * Read the command line.  --help and --version print to standard output and exit 0,
 * or 74 (EX_IOERR) when that fails; a usage error prints what is wrong to standard
 * error and exits 64 (EX_USAGE, sysexits.h).
 */
void options_parse(struct options *ret, int argc, char **argv);

void options_release(struct options *o);

struct argp_state;

/* For options.c: what the options come to together, or a usage error. */
void options_settle(struct options *o, const struct argp_state *state);

#endif
