#include "echod/server.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "echod/notify.h"
#include "echod/server_accept.h"

/* After TERM a connection that is silent for so long has said what it had to say. */
#define DRAIN_SILENCE_NS MILLISECONDS(100)

#define TASKS_SHOWN	 100 /* at most, in a report */

/* ---- reports ---- */

/* A moment after something happened. */
static void
report(void *arg)
{
	struct server *s = arg;
	char status[STATS_TEXT];

	log_settle(&s->closings);
	log_settle(&s->refusals);
	log_settle(&s->endpoints.troubles);
	log_settle(&s->udp.drops);
	notify_status(stats_status(&s->stats, status));
	if (s->stats.connections > 0)
		return;
	loop_trim(s->loop); /* what a crowd needed goes back to the system */
	malloc_trim(0);
}

static void
log_statistics(struct server *s, const char *what)
{
	char text[STATS_TEXT];

	s->stats.accept_pauses = s->endpoints.pauses;
	log_info("%s: %s", what, stats_format(&s->stats, loop_now_ns(s->loop), text));
	echo_udp_service_report(&s->udp);
}

static void
log_task(const struct task *t, void *arg)
{
	char where[128];
	int *shown = arg;

	if ((*shown)++ >= TASKS_SHOWN)
		return;
	task_where(t, where, sizeof(where));
	log_info("task %s", where);
}

static void
log_tasks(struct server *s)
{
	int shown = 0;

	loop_each_task(s->loop, log_task, &shown);
	if (shown > TASKS_SHOWN)
		log_info("and %d tasks more", shown - TASKS_SHOWN);
}

void
server_report(struct server *s)
{
	log_statistics(s, "statistics");
	endpoints_report(&s->endpoints);
	log_tasks(s);
}

/* ---- its life ---- */

static enum step
server_live(struct task *t)
{
	struct server *s = container_of(t, struct server, life);

	TASK_BEGIN(t);
	YIELD(t, joined(&s->endpoints.tasks));

	task_group_idle(&s->connections, DRAIN_SILENCE_NS);
	YIELD(t, within(joined(&s->connections), s->config.drain_ns));

	task_cancel_all(&s->connections);
	YIELD(t, joined(&s->connections));

	task_cancel_all(&s->house);
	TASK_END(t);
}

static const struct task_type server_life = { .name = "server", .run = server_live };

static int
start_tasks(struct server *s, int inherited)
{
	int r;

	s->terms = server_terms(s, &s->config);
	r = s->terms == NULL ? -ENOMEM : echo_udp_service_open(&s->udp, &s->reporter);
	if (r < 0)
		return r;
	echo_udp_service_configure(&s->udp, &s->config);
	r = endpoints_inherit(&s->endpoints, NOTIFY_FIRST, inherited);
	if (r == 0)
		r = endpoints_update(&s->endpoints, &s->config);
	if (r == 0)
		r = watchdog_start(&s->watchdog, s->loop, &s->house);
	if (r == 0)
		r = reporter_start(&s->reporter, s->loop, &s->house, report, s);
	if (r == 0)
		r = lifetime_start(&s->lifetime, s->loop, &s->house, &s->connections);
	if (r == 0)
		r = task_start(s->loop, &s->life, NULL, &server_life, 0);
	return r;
}

int
server_open(struct server *s, struct config *config, int inherited)
{
	struct loop_options lo = {
		.backend = poller_find(config->backend),
		.spin_ns = MICROSECONDS(config->spin_us),
		.buffer_size = (size_t)config->buffer_size,
	};
	int r;

	*s = (struct server){
		.config = *config,
		.closings = { .what = "closed connections" },
		.refusals = { .what = "refused connections" },
		.endpoints = { .troubles = { .what = "pauses in accepting" } },
	};
	if (inherited < 0) {
		log_error("cannot take over what LISTEN_FDS says: %s",
		    strerror(-inherited));
		return inherited;
	}
	r = loop_open(&s->loop, &lo);
	if (r < 0) {
		log_error("cannot make the event loop: %s", strerror(-r));
		return r;
	}
	s->stats.started_ns = loop_now_ns(s->loop);
	s->endpoints.loop = s->loop;
	s->endpoints.udp = &s->udp;
	s->endpoints.accepted = server_accepted;

	log_info("%s, %s backend, limits: %" PRId64 " connections, %" PRId64
		 " per address (0: any), idle %.10g s",
	    PACKAGE_STRING, loop_backend(s->loop), s->config.max_connections,
	    s->config.max_connections_per_address, (double)s->config.idle_ns / 1e9);
	r = start_tasks(s, inherited);
	if (r < 0)
		log_error("cannot start: %s", strerror(-r));
	return r;
}

int
server_run(struct server *s)
{
	int r = loop_run(s->loop);

	if (r < 0) {
		log_error("the event loop failed: %s", strerror(-r));
		log_tasks(s);
		return r;
	}
	report(s);
	log_statistics(s, "stopped");
	return 0;
}

static void
log_restart_key(const char *key, void *arg)
{
	(void)arg;
	log_warning("%s takes effect at the next restart", key);
}

int
server_reconfigure(struct server *s, struct config *fresh)
{
	struct echo_terms *terms = server_terms(s, fresh);
	int r = terms == NULL ? -ENOMEM : endpoints_update(&s->endpoints, fresh);

	if (r < 0) {
		free(terms);
		config_release(fresh);
		return r;
	}
	echo_terms_leave(s->terms);
	s->terms = terms;
	config_each_restart_key(&s->config, fresh, log_restart_key, NULL);
	config_release(&s->config);
	s->config = *fresh;
	echo_udp_service_configure(&s->udp, &s->config);
	return 0;
}

void
server_stop(struct server *s)
{
	if (s->stopping) {
		log_info("stopping at once");
		task_cancel(&s->life);
		return;
	}
	s->stopping = true;
	log_info("stopping: connections open: %" PRIu64 ", to finish within %.10g s",
	    s->stats.connections, (double)s->config.drain_ns / 1e9);
	endpoints_close(&s->endpoints);
}

void
server_close(struct server *s)
{
	config_release(&s->config);
	if (s->loop == NULL)
		return;
	endpoints_close(&s->endpoints);
	task_cancel_all(&s->connections);
	task_cancel_all(&s->house);
	if (loop_run(s->loop) == 0)
		loop_close(s->loop);
	echo_terms_leave(s->terms);
	echo_udp_service_close(&s->udp);
}
