/* echod(8): the echo service of RFC 862. */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "echod/config.h"
#include "echod/control.h"
#include "echod/notify.h"
#include "echod/options.h"
#include "echod/server.h"
#include "echod/startup.h"

static void
print_complaint(const char *text, void *arg)
{
	(void)arg;
	fprintf(stderr, "echod: %s\n", text);
}

static int
serve(struct options *options, struct config *config)
{
	int inherited = notify_inherited(); /* before it opens any */
	struct control control;
	struct server server;
	int r;

	control_block();
	startup_log(config);
	startup_remarks(options);
	startup_descriptors(config);
	r = server_open(&server, config, inherited);
	if (r == 0)
		r = control_start(&control, &server, options);
	if (r == 0)
		r = server_run(&server);
	server_close(&server);
	return startup_exit_status(r);
}

int
main(int argc, char **argv)
{
	struct options options;
	struct config config;
	int status = EX_OK;

	startup_stdio();
	options_parse(&options, argc, argv);
	if (startup_config(&config, &options, print_complaint, NULL) < 0)
		return EX_CONFIG;

	if (options.action == OPTIONS_SERVE)
		return serve(&options, &config);
	if (options.action == OPTIONS_DUMP)
		status = startup_dump(&config);
	config_release(&config);
	return status;
}
