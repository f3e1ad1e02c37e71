#include "echod/options.h"

#include <argp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define KEY_USAGE 256 /* no character: there is no short form */

static const struct argp_option table[] = {
	{ "config", 'c', "FILE", 0,
	    "Configuration (default: " OPTIONS_CONFIG " if it exists)", 0 },
	{ "test", 't', NULL, 0, "Check the configuration and exit", 0 },
	{ "dump-config", 'T', NULL, 0,
	    "Print the effective configuration, in the format of the file, and exit",
	    0 },
	{ "port", 'p', "PORT", 0,
	    "Listen on this port of every address, whatever the file says", 0 },
	{ "verbose", 'v', NULL, 0, "Log level debug", 0 },
	{ "help", 'h', NULL, 0, "Give this help list", -1 },
	{ "usage", KEY_USAGE, NULL, 0, "Give a short usage message", -1 },
	{ "version", 'V', NULL, 0, "Print program version", -1 },
	{ 0 },
};

int
options_flush(void)
{
	fflush(stdout);
	if (!ferror(stdout)) /* now or before */
		return EX_OK;
	fprintf(stderr, "echod: standard output: cannot write all of it\n");
	return EX_OSERR;
}

/* Decimal digits and nothing else.  Returns -1 for what is not a port. */
static int
parse_port(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	long port = strtol(text, NULL, 10);

	return digits > 0 && text[digits] == '\0' && port <= UINT16_MAX ? (int)port
									: -1;
}

static void
set_port(struct options *o, const char *text, const struct argp_state *state)
{
	o->port = parse_port(text);
	if (o->port < 0)
		argp_error(state, "-p: '%s' is not a port (0 to 65535)", text);
}

static void
set_action(struct options *o, enum options_action action,
    const struct argp_state *state)
{
	if (o->action != OPTIONS_SERVE && o->action != action)
		argp_error(state, "-t and -T exclude each other");
	o->action = action;
}

static error_t
parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'c':
		o->config = arg;
		break;
	case 't':
		set_action(o, OPTIONS_TEST, state);
		break;
	case 'T':
		set_action(o, OPTIONS_DUMP, state);
		break;
	case 'p':
		set_port(o, arg, state);
		break;
	case 'v':
		o->verbose = true;
		break;
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK);
		exit(options_flush());
	case KEY_USAGE:
		argp_state_help(state, stdout, ARGP_HELP_USAGE);
		exit(options_flush());
	case 'V':
		puts(PACKAGE_STRING);
		exit(options_flush());
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is not an option", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

void
options_parse(struct options *ret, int argc, char **argv)
{
	static const struct argp parser = {
		.options = table,
		.parser = parse_option,
		.doc = "The echo service of RFC 862: what comes in goes out.",
	};

	*ret = (struct options){ .port = -1 };
	/* argp's own --help has no -h. */
	argp_parse(&parser, argc, argv, ARGP_NO_HELP, NULL, ret);
}
