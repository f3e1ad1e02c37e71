#include "sim/host.h"

#include <signal.h>
#include <string.h>

#include "base/log_sink.h"
#include "echod/control.h"
#include "echod/notify.h"
#include "echod/server.h"
#include "echod/startup.h"
#include "sim/checks.h"
#include "sim/dice.h"
#include "sim/faults.h"
#include "sim/net.h"
#include "sim/world.h"
#include "sim/wraps.h"

struct host host;

/* ---- signals ---- */

static void
expect(int64_t at_ns, int number)
{
	host.signals[host.nsignals].at_ns = at_ns;
	host.signals[host.nsignals].number = number;
	host.nsignals++;
}

void
host_begin(void)
{
	int64_t at_ns = world.now_ns;
	int64_t length_ns = dice_pick(MILLISECONDS(1), MILLISECONDS(500), SECONDS(3),
	    SECONDS(3), SECONDS(15));

	memset(&host, 0, sizeof(host));
	host.watchdog_ns = dice_pick(0, 0, SECONDS(1), SECONDS(10));
	for (int64_t n = dice_pick(0, 0, 1, 3, 5); n > 0; n--) {
		at_ns += dice_below(length_ns / 4);
		expect(at_ns, (int)dice_pick(SIGHUP, SIGHUP, SIGHUP, SIGUSR1));
	}
	at_ns += dice_below(length_ns);
	expect(at_ns, (int)dice_pick(SIGTERM, SIGINT));
	if (dice_once_in(4))
		expect(at_ns + dice_below(SECONDS(2)), SIGTERM);
}

int64_t
host_next_ns(void)
{
	return host.next_signal < host.nsignals ? host.signals[host.next_signal].at_ns
						: NEVER;
}

void
host_signal(void)
{
	int number = host.signals[host.next_signal++].number;

	trace("signal %s", sigabbrev_np(number));
	net.signals |= UINT64_C(1) << number;
}

/* ---- its configuration ---- */

int
__wrap_startup_config(struct config *ret, const struct options *options,
    config_complaint *complain, void *arg)
{
	(void)options;
	if (dice_once_in(5)) {
		complain("echod.conf:7: is wrong in this simulation", arg);
		return -EINVAL;
	}
	return terms_roll(&host.fresh, ret);
}

int
__wrap_server_reconfigure(struct server *s, struct config *fresh)
{
	int r = __real_server_reconfigure(s, fresh);

	if (r == 0)
		host.terms = host.fresh;
	return r;
}

void
__wrap_startup_log(const struct config *config)
{
	log_open((enum log_level)config->log_level, LOG_TARGET_STDERR);
}

void
__wrap_startup_descriptors(const struct config *config)
{
	(void)config;
}

/* ---- its log ---- */

void
__wrap_log_sink_open(enum log_target target)
{
	(void)target;
}

size_t
__wrap_log_sink_prefix(char *line, size_t size, enum log_level level)
{
	(void)line;
	(void)size;
	(void)level;
	return 0;
}

bool
__wrap_log_sink_put(const char *line, size_t len)
{
	trace("  log: %.*s", (int)len - 1, line);
	return true;
}

/* ---- its service manager ---- */

void
__wrap_notify_ready(const char *status)
{
	trace("  ready: %s", status);
}

void
__wrap_notify_reloading(void)
{
}

void
__wrap_notify_stopping(int64_t ns)
{
	(void)ns;
}

void
__wrap_notify_status(const char *status)
{
	(void)status;
}

void
__wrap_notify_alive(void)
{
	host.alive_ns = world.now_ns;
}

int64_t
__wrap_notify_watchdog_ns(void)
{
	return host.watchdog_ns;
}

int
__wrap_notify_inherited(int *first)
{
	*first = 3;
	return host.inherited;
}

/* What a service manager may have bound for the server. */
static void
bind_for_it(void)
{
	static const char *const texts[] = { "127.0.0.1:8000", "0.0.0.0:8001",
		"127.0.0.1:8000" };

	if (!dice_once_in(6))
		return;
	host.inherited = (int)dice_between(1, ARRAY_SIZE(texts));
	for (int i = 0; i < host.inherited; i++) {
		int fd = net_open(i == 2 ? UDP : LISTENER);
		struct descriptor *d = &net.table[fd];

		addr_parse(&d->at, texts[i]);
		d->bound = d->inherited = true;
		d->for_datagrams = i == 2;
		trace("inherited: %d at %s", fd, texts[i]);
	}
}

/* ---- its life ---- */

void
__wrap_server_stop(struct server *s)
{
	host.stops++;
	if (host.stops == 1)
		host.stop_ns = world.now_ns;
	if (host.stops == 2)
		host.stop_now_ns = world.now_ns;
	__real_server_stop(s);
}

/* As main() does it. */
void
host_run(void)
{
	const struct options options = { .port = -1 };
	struct control control;
	struct server server;
	struct config config;
	int r;

	if (terms_roll(&host.terms, &config) < 0)
		return;
	bind_for_it();
	host.alive_ns = world.now_ns;
	__wrap_startup_log(&config);
	r = server_open(&server, &config);
	if (r == 0)
		r = control_start(&control, &server, &options);
	host.ready = r == 0;
	trace("server %s", r == 0 ? "started" : strerror(-r));
	require(r == 0 || faults_any() || host.inherited > 0, "it does not start: %s",
	    strerror(-r));
	if (r == 0) {
		r = server_run(&server);
		require(r == 0, "the loop failed: %s", strerror(-r));
		require(host.stops > 0, "it ended without being told to");
		trace("server ended");
		check_figures(&server);
	}
	server_close(&server);
}
