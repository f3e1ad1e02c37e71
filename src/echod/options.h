/* options.h - the command line of echod(8). */
#ifndef ECHOD_ECHOD_OPTIONS_H
#define ECHOD_ECHOD_OPTIONS_H

#include <stdbool.h>

enum options_action { OPTIONS_SERVE, OPTIONS_TEST, OPTIONS_DUMP };

/* The configuration where -c names none. */
#define OPTIONS_CONFIG SYSCONFDIR "/echod.conf"

struct options {
	const char *config; /* as named by -c, or NULL */
	int port;	    /* of -p, or -1 */
	bool verbose;
	enum options_action action;
};

/*
 * Read the command line.  --help and --version print to standard output and exit
 * with options_flush(); a usage error prints what is wrong to standard error and
 * exits 64 (EX_USAGE, sysexits.h).
 */
void options_parse(struct options *ret, int argc, char **argv);

/* Write out what was printed.  Returns the exit status, and says so if that fails. */
int options_flush(void);

#endif
