/*
 * fuzz_options_stress.c - any bytes as the command line of echo-stress(1): what is
 * accepted is what the manual allows.
 */
#include "fuzz/fuzz.h"

#include "base/util.h"
#include "fuzz/command_line.h"
#include "stress/options.h"

#define MILLION	   INT64_C(1000000)
#define MOST_NS	   (1000000 * MILLION * 1000) /* a million seconds */
#define UDP_MOST   65507		      /* bytes in a datagram over IPv4 */

#define AT(member) offsetof(struct options, member)

static const struct {
	size_t where;
	int64_t min, max;
} limits[] = {
	{ AT(connections), 1, MILLION },
	{ AT(duration_ns), 1, MOST_NS },
	{ AT(messages), 0, MILLION *MILLION },
	{ AT(size_min), 1, 1024 * MILLION },
	{ AT(size_max), 1, 1024 * MILLION },
	{ AT(pipeline), 1, 65536 },
	{ AT(rate), 0, 10 * MILLION },
	{ AT(ramp_ns), 0, MOST_NS },
	{ AT(warmup_ns), 0, MOST_NS },
	{ AT(timeout_ns), 1, MOST_NS },
	{ AT(seed), 0, INT64_MAX },
	{ AT(max_p99_ns), 0, MOST_NS },
	{ AT(min_rate), 0, 1000 * MILLION },
	{ AT(max_errors), 0, MILLION *MILLION },
};

static bool
in_mode(const struct options *o, const char *name)
{
	return strcmp(o->mode->name, name) == 0;
}

static void
check_numbers(const struct options *o)
{
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		int64_t n = *(const int64_t *)((const char *)o + limits[i].where);

		REQUIRE(n >= limits[i].min && n <= limits[i].max);
	}
	REQUIRE(o->size_min <= o->size_max);
}

static void
check_target(const struct options *o, const struct target *t)
{
	REQUIRE((t->path != NULL) == (t->host == NULL));
	REQUIRE(t->udp || !o->udp);
	REQUIRE(!t->udp || (t->path == NULL && in_mode(o, "steady")));
	REQUIRE(!t->udp || o->size_max <= UDP_MOST);
	REQUIRE(t->path == NULL || o->source.count == 0);
}

/* What goes together and what does not. */
static void
check_together(const struct options *o)
{
	bool single = !o->compare;

	REQUIRE(o->ntargets >= 1 && o->ntargets <= OPTIONS_TARGETS);
	REQUIRE(single == (o->ntargets == 1));
	REQUIRE(single || (o->rate == 0 && o->messages == 0));
	REQUIRE(single || (o->hgrm_file == NULL && o->html_file == NULL));
	REQUIRE(single || in_mode(o, "steady") || in_mode(o, "churn") ||
	    in_mode(o, "halfclose"));
	REQUIRE(o->rate == 0 || in_mode(o, "steady") || in_mode(o, "churn"));
	REQUIRE(o->messages == 0 || !(in_mode(o, "idle") || in_mode(o, "abort")));
	REQUIRE(o->connections > 1 || !in_mode(o, "abort"));
	REQUIRE(!o->json || o->json_file == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct command_line line;
	struct options o;

	command_line_open(&line, (char *)"echo-stress", data, size);
	options_parse(&o, line.argc, line.argv);
	if (command_line_accepted()) {
		check_numbers(&o);
		for (int i = 0; i < o.ntargets; i++)
			check_target(&o, &o.targets[i]);
		check_together(&o);
	}
	options_release(&o);
	command_line_close(&line);
	return 0;
}
