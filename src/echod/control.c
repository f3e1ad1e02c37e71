#include "echod/control.h"

#include <signal.h>
#include <string.h>

#include "base/log.h"
#include "echod/notify.h"
#include "echod/startup.h"

/* What ending may take beyond timeouts.drain. */
#define STOP_MARGIN_NS SECONDS(5)

static void
tell_ready(const struct control *c)
{
	char status[STATS_TEXT];

	notify_ready(stats_status(&c->server->stats, status));
}

static void
stop(void *arg)
{
	struct control *c = arg;

	notify_stopping(c->server->config.drain_ns + STOP_MARGIN_NS);
	server_stop(c->server);
}

static void
log_complaint(const char *text, void *arg)
{
	(void)arg;
	log_error("%s", text);
}

static int
reload(struct control *c)
{
	struct config fresh;
	int r = startup_config(&fresh, c->options, log_complaint, NULL);

	if (r == 0)
		r = server_reconfigure(c->server, &fresh);
	if (r < 0)
		return r;
	startup_log(&c->server->config);
	startup_descriptors(&c->server->config);
	return 0;
}

static void
reload_or_keep(void *arg)
{
	struct control *c = arg;

	if (c->server->stopping)
		return;
	notify_reloading();
	c->server->stats.reload_failed = reload(c) < 0;
	if (c->server->stats.reload_failed)
		log_error("reload failed: everything stays as it was");
	else
		log_info("configuration reloaded");
	tell_ready(c);
}

static void
report(void *arg)
{
	struct control *c = arg;

	server_report(c->server);
}

static const struct signal_action actions[] = {
	{ SIGTERM, stop },
	{ SIGINT, stop },
	{ SIGHUP, reload_or_keep },
	{ SIGUSR1, report },
	{ 0, NULL },
};

void
control_block(void)
{
	signals_block(actions);
}

int
control_start(struct control *c, struct server *server, struct options *options)
{
	int r;

	c->server = server;
	c->options = options;
	r = signals_start(&c->signals, server->loop, &server->house, actions, c);
	if (r < 0)
		log_error("cannot wait for signals: %s", strerror(-r));
	else
		tell_ready(c);
	return r;
}
