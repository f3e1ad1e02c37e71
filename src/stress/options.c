#include "stress/options.h"

#include <argp.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/util.h"
#include "stress/values.h"

#define MILLION INT64_C(1000000)

/* Long options without a short form. */
enum {
	KEY_USAGE = 256,
	KEY_RAMP,
	KEY_WARMUP,
	KEY_SEED,
	KEY_SOURCE,
	KEY_TIMEOUT,
	KEY_COMPARE,
	KEY_UDP,
	KEY_JSON,
	KEY_HGRM,
	KEY_HTML,
	KEY_MAX_P99,
	KEY_MIN_RATE,
	KEY_MAX_ERRORS,
};

static const struct argp_option table[] = {
	{ NULL, 0, NULL, 0, "The load:", 1 },
	{ "connections", 'c', "N", 0, "Concurrent connections (50)", 0 },
	{ "duration", 'd', "SECONDS", 0, "How long to run (10)", 0 },
	{ "messages", 'n', "N", 0, "Send so many in all, however long it takes", 0 },
	{ "size", 's', "BYTES|MIN-MAX", 0, "Size of a message (64)", 0 },
	{ "pipeline", 'p', "N", 0, "Messages in flight on one connection (1)", 0 },
	{ "rate", 'r', "N", 0,
	    "Open loop: N messages a second over all connections, on schedule", 0 },
	{ "mode", 'm', "MODE", 0,
	    "steady (the default), churn, halfclose, idle, slow or abort", 0 },
	{ "ramp", KEY_RAMP, "SECONDS", 0, "Spread the connects over this long", 0 },
	{ "warmup", KEY_WARMUP, "SECONDS", 0, "Before the duration, not counted", 0 },
	{ "udp", KEY_UDP, NULL, 0, "Datagrams; the same as a target udp:HOST[:PORT]",
	    0 },
	{ "seed", KEY_SEED, "N", 0, "Of the bytes to send (default: at random)", 0 },
	{ "source", KEY_SOURCE, "ADDR[-ADDR]", 0,
	    "Source addresses to spread the connections over", 0 },
	{ "timeout", KEY_TIMEOUT, "SECONDS", 0,
	    "An answer later than this is an error (5)", 0 },
	{ "compare", KEY_COMPARE, NULL, 0,
	    "Several targets, short slices in turn, ratios to the first", 0 },
	{ NULL, 0, NULL, 0, "What is told:", 2 },
	{ "json", KEY_JSON, "FILE", OPTION_ARG_OPTIONAL,
	    "One JSON object to FILE, or nothing else to standard output", 0 },
	{ "hgrm", KEY_HGRM, "FILE", 0,
	    "Percentiles of latency for HdrHistogram plotters", 0 },
	{ "html", KEY_HTML, "FILE", 0, "A page with graphs", 0 },
	{ "quiet", 'q', NULL, 0, "Only errors and the exit status", 0 },
	{ "verbose", 'v', NULL, 0, "Tell every failure when it happens", 0 },
	{ NULL, 0, NULL, 0, "What must hold for an exit status of 0:", 3 },
	{ "max-p99", KEY_MAX_P99, "DURATION", 0, "Such as 500us, 2ms or 1.5s", 0 },
	{ "min-rate", KEY_MIN_RATE, "N", 0, "Messages a second", 0 },
	{ "max-errors", KEY_MAX_ERRORS, "N", 0,
	    "Failed connections (0); a wrong byte always fails", 0 },
	{ "help", 'h', NULL, 0, "Give this help list", -1 },
	{ "usage", KEY_USAGE, NULL, 0, "Give a short usage message", -1 },
	{ "version", 'V', NULL, 0, "Print program version", -1 },
	{ 0 },
};

/* How an option is taken: by whom, to where in the struct, and from what range. */
struct rule {
	int key;
	void (*take)(struct options *o, const struct rule *rule, const char *arg,
	    const struct argp_state *state);
	size_t where;
	int64_t min, max;
};

static void *
place(struct options *o, const struct rule *rule)
{
	return (char *)o + rule->where;
}

static void
take_flag(struct options *o, const struct rule *rule, const char *arg,
    const struct argp_state *state)
{
	(void)arg;
	(void)state;
	*(bool *)place(o, rule) = true;
}

static void
take_text(struct options *o, const struct rule *rule, const char *arg,
    const struct argp_state *state)
{
	(void)state;
	*(const char **)place(o, rule) = arg;
}

static void
take_number(struct options *o, const struct rule *rule, const char *arg,
    const struct argp_state *state)
{
	int64_t value = 0;

	if (value_number(&value, arg) < 0 || value < rule->min || value > rule->max)
		argp_error(state, "'%s' is not a number from %" PRId64 " to %" PRId64,
		    arg, rule->min, rule->max);
	*(int64_t *)place(o, rule) = value;
}

static void
take_seconds(struct options *o, const struct rule *rule, const char *arg,
    const struct argp_state *state)
{
	int64_t ns;

	if (value_seconds(&ns, arg) < 0 || ns < rule->min)
		argp_error(state, "'%s' is not a number of seconds%s, up to a million",
		    arg, rule->min > 0 ? " above 0" : "");
	*(int64_t *)place(o, rule) = ns;
}

static void
take_duration(struct options *o, const struct rule *rule, const char *arg,
    const struct argp_state *state)
{
	int64_t ns;

	if (value_duration(&ns, arg) < 0 || ns < rule->min)
		argp_error(state, "'%s' is not a time such as 500us, 2ms or 1.5s", arg);
	*(int64_t *)place(o, rule) = ns;
}

static void
take_size(struct options *o, const struct rule *rule, const char *arg,
    const struct argp_state *state)
{
	if (value_range(&o->size_min, &o->size_max, arg) < 0 ||
	    o->size_min < rule->min || o->size_max > rule->max)
		argp_error(state,
		    "'%s' is not a size from %" PRId64 " to %" PRId64 ", or MIN-MAX",
		    arg, rule->min, rule->max);
}

static void
take_mode(struct options *o, const struct rule *rule, const char *arg,
    const struct argp_state *state)
{
	(void)rule;
	o->mode = mode_find(arg);
	if (o->mode == NULL)
		argp_error(state, "'%s' is not a mode", arg);
}

static void
take_source(struct options *o, const struct rule *rule, const char *arg,
    const struct argp_state *state)
{
	(void)rule;
	if (source_parse(&o->source, arg) < 0)
		argp_error(state, "'%s' is not ADDR or ADDR-ADDR", arg);
}

static void
take_json(struct options *o, const struct rule *rule, const char *arg,
    const struct argp_state *state)
{
	(void)rule;
	(void)state;
	o->json = arg == NULL;
	o->json_file = arg;
}

static void
take_target(struct options *o, const struct rule *rule, const char *arg,
    const struct argp_state *state)
{
	(void)rule;
	if (o->ntargets == OPTIONS_TARGETS)
		argp_error(state, "more than %d targets", OPTIONS_TARGETS);
	if (target_parse(&o->targets[o->ntargets], arg) < 0)
		argp_error(state,
		    "'%s' is not HOST, HOST:PORT, [IPV6]:PORT, "
		    "udp:HOST:PORT or unix:/PATH",
		    arg);
	o->ntargets++;
}

#define AT(member) offsetof(struct options, member)

static const struct rule rules[] = {
	{ 'c', take_number, AT(connections), 1, MILLION },
	{ 'd', take_seconds, AT(duration_ns), 1, 0 },
	{ 'n', take_number, AT(messages), 1, MILLION *MILLION },
	{ 's', take_size, 0, 1, 1024 * MILLION },
	{ 'p', take_number, AT(pipeline), 1, 65536 },
	{ 'r', take_number, AT(rate), 1, 10 * MILLION },
	{ 'm', take_mode, 0, 0, 0 },
	{ KEY_RAMP, take_seconds, AT(ramp_ns), 0, 0 },
	{ KEY_WARMUP, take_seconds, AT(warmup_ns), 0, 0 },
	{ KEY_SEED, take_number, AT(seed), 0, INT64_MAX },
	{ KEY_SOURCE, take_source, 0, 0, 0 },
	{ KEY_TIMEOUT, take_seconds, AT(timeout_ns), 1, 0 },
	{ KEY_UDP, take_flag, AT(udp), 0, 0 },
	{ KEY_COMPARE, take_flag, AT(compare), 0, 0 },
	{ KEY_JSON, take_json, 0, 0, 0 },
	{ KEY_HGRM, take_text, AT(hgrm_file), 0, 0 },
	{ KEY_HTML, take_text, AT(html_file), 0, 0 },
	{ 'q', take_flag, AT(quiet), 0, 0 },
	{ 'v', take_flag, AT(verbose), 0, 0 },
	{ KEY_MAX_P99, take_duration, AT(max_p99_ns), 1, 0 },
	{ KEY_MIN_RATE, take_number, AT(min_rate), 1, 1000 * MILLION },
	{ KEY_MAX_ERRORS, take_number, AT(max_errors), 0, MILLION *MILLION },
	{ ARGP_KEY_ARG, take_target, 0, 0, 0 },
};

/* All that was asked for has been printed. */
static _Noreturn void
leave(void)
{
	fflush(stdout);
	if (!ferror(stdout)) /* now or before */
		exit(EXIT_SUCCESS);
	fprintf(stderr, "echo-stress: standard output: cannot write all of it\n");
	exit(EX_IOERR);
}

static error_t
parse_option(int key, char *arg, struct argp_state *state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (rules[i].key == key) {
			rules[i].take(state->input, &rules[i], arg, state);
			return 0;
		}
	}
	switch (key) {
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK);
		leave();
	case KEY_USAGE:
		argp_state_help(state, stdout, ARGP_HELP_USAGE);
		leave();
	case 'V':
		puts("echo-stress (" PACKAGE_STRING ")");
		leave();
	case ARGP_KEY_NO_ARGS:
		take_target(state->input, NULL, "localhost:8000", state);
		break;
	case ARGP_KEY_END:
		options_settle(state->input, state);
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
		.args_doc = "[TARGET]\n--compare TARGET...",
		.doc = "Load an echo service and check every byte that comes back."
		       "\vA target is HOST[:PORT], udp:HOST[:PORT] or unix:/PATH; "
		       "the default is localhost:8000.",
	};

	*ret = (struct options){
		.connections = 50,
		.duration_ns = SECONDS(10),
		.timeout_ns = SECONDS(5),
		.mode = mode_find("steady"),
		.seed = -1,
	};
	/* argp's own --help has no -h. */
	argp_parse(&parser, argc, argv, ARGP_NO_HELP, NULL, ret);
}

void
options_release(struct options *o)
{
	for (int i = 0; i < o->ntargets; i++)
		target_release(&o->targets[i]);
}
