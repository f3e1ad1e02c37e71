/* fuzz_options_echod.c - any bytes as the command line of echod(8). */
#include "fuzz/fuzz.h"

#include "echod/options.h"
#include "fuzz/command_line.h"

/* The same, said in the plainest way. */
static void
say_again(const struct options *o, struct options *ret)
{
	char port[32];
	char *argv[8] = { (char *)"echod" };
	int argc = 1;

	if (o->config != NULL) {
		argv[argc++] = (char *)"--config";
		argv[argc++] = (char *)o->config;
	}
	if (o->port >= 0) {
		snprintf(port, sizeof(port), "--port=%d", o->port);
		argv[argc++] = port;
	}
	if (o->verbose)
		argv[argc++] = (char *)"-v";
	if (o->action != OPTIONS_SERVE)
		argv[argc++] = (char *)(o->action == OPTIONS_TEST ? "-t" : "-T");
	options_parse(ret, argc, argv);
}

static void
check(const struct options *o)
{
	struct options again;

	REQUIRE(o->port >= -1 && o->port <= UINT16_MAX);
	say_again(o, &again);
	REQUIRE(command_line_accepted());
	REQUIRE((o->config == NULL) == (again.config == NULL));
	REQUIRE(o->config == NULL || strcmp(o->config, again.config) == 0);
	REQUIRE(o->port == again.port);
	REQUIRE(o->verbose == again.verbose);
	REQUIRE(o->action == again.action);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct command_line line;
	struct options o;

	command_line_open(&line, (char *)"echod", data, size);
	options_parse(&o, line.argc, line.argv);
	if (command_line_accepted())
		check(&o);
	command_line_close(&line);
	return 0;
}
