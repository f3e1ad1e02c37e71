#include "sim/host.h"

#include <signal.h>
#include <string.h>

#include "base/log_sink.h"
#include "echod/control.h"
#include "echod/notify.h"
#include "echod/server.h"
#include "echod/startup.h"
#include "sim/checks.h"
#include "sim/counts.h"
#include "sim/dice.h"
#include "sim/faults.h"
#include "sim/inherited.h"
#include "sim/net.h"
#include "sim/pace.h"
#include "sim/udp.h"
#include "sim/world.h"
#include "sim/wraps.h"

#define TOUCH 0 /* no signal, but somebody at the socket files */

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
	if (dice_once_in(8)) {
		at_ns += dice_below(length_ns / 4);
		expect(at_ns, TOUCH);
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

	if (number == TOUCH) {
		files_touch();
		return;
	}
	count(EVENT_SIGNAL);
	trace("signal %s", sigabbrev_np(number));
	net.signals |= UINT64_C(1) << number;
}

/* ---- its configuration ---- */

int
__wrap_startup_config(struct config *ret, struct options *options,
    config_complaint *complain, void *arg)
{
	(void)options;
	if (dice_once_in(5)) {
		count(EVENT_RELOAD_WRONG);
		complain("echod.conf:7: is wrong in this simulation", arg);
		return -EINVAL;
	}
	return terms_roll(&host.fresh, ret);
}

/* What both configurations name keeps its socket, and its file leads to it. */
static void
mark_staying(void)
{
	for (int fd = 3; fd < net.top; fd++) {
		struct descriptor *d = &net.table[fd];

		d->stays = false;
		for (int i = 0; i < host.terms.places.n; i++) {
			const struct place *p = &host.terms.places.all[i];

			d->stays |= place_has(p, d) &&
			    places_name(&host.fresh.places, p) &&
			    (d->file == NULL || d->file->fd == fd);
		}
	}
}

static void
check_files_lead_here(const struct places *places)
{
	for (int i = 0; i < places->n; i++)
		require(places->all[i].file == NULL || places->all[i].file->ours ||
			host.inherited > 0,
		    "no file leads to %s", places->all[i].text);
}

/* Is there a reason that is not in the configuration? */
static bool
may_fail(void)
{
	return faults_any() || net.ran_out || host.inherited > 0;
}

int
__wrap_server_reconfigure(struct server *s, struct config *fresh)
{
	bool possible = places_can_be_had(&host.fresh.places, &host.terms.places);
	int r;

	r = __real_server_reconfigure(s, fresh);
	require(r == 0 || !possible || may_fail(), "it does not reload: %s",
	    strerror(-r));
	require(r < 0 || possible || host.inherited > 0,
	    "it reloads what cannot be had");
	count(r == 0 ? EVENT_RELOAD : EVENT_RELOAD_FAILED);
	if (r < 0)
		return r;
	mark_staying();
	check_files_lead_here(&host.fresh.places);
	host.terms = host.fresh;
	pace_accepts_change(host.terms.accepts_per_second);
	udp_new_terms();
	return 0;
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

int
__wrap_log_sink_open(enum log_target target)
{
	(void)target;
	return 0;
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

/* ---- its life ---- */

void
__wrap_server_stop(struct server *s)
{
	host.stops++;
	count(host.stops == 1 ? EVENT_STOP : EVENT_STOP_AT_ONCE);
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
	struct options options = { .port = -1 };
	struct control control;
	struct server server;
	struct config config;
	bool possible;
	int r;

	if (terms_roll(&host.terms, &config) < 0)
		return;
	inherited_bind();
	possible = places_can_be_had(&host.terms.places, NULL);
	pace_accepts_begin(host.terms.accepts_per_second);
	host.alive_ns = world.now_ns;
	__wrap_startup_log(&config);
	r = server_open(&server, &config, host.inherited);
	if (r == 0)
		r = control_start(&control, &server, &options);
	host.ready = r == 0;
	trace("server %s", r == 0 ? "started" : strerror(-r));
	require(r == 0 || !possible || may_fail(), "it does not start: %s",
	    strerror(-r));
	require(r < 0 || possible || host.inherited > 0,
	    "it starts, and cannot listen everywhere");
	if (r == 0) {
		r = server_run(&server);
		require(r == 0, "the loop failed: %s", strerror(-r));
		require(host.stops > 0, "it ended without being told to");
		trace("server ended");
		check_figures(&server);
	}
	server_close(&server);
}
