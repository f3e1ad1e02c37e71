#include "echod/endpoint_task.h"

#include <stdbool.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "echod/endpoints.h"

static void
accepted(struct listener *l, int fd, const struct addr *peer)
{
	struct endpoint *e = container_of(l, struct endpoint, listener);

	e->accepted++;
	if (!endpoint_hands_on_options(e))
		sock_add_stream_options(fd, &e->set->stream);
	e->set->accepted(e->set, fd, peer);
}

static void
trouble(struct listener *l, int err)
{
	struct endpoint *e = container_of(l, struct endpoint, listener);
	enum log_level level = err == 0 ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING;

	e->set->pauses += err != 0;
	if (!log_admits(&e->set->troubles, level, loop_now_ns(e->set->loop)))
		return;
	if (err == 0)
		log_info("accepting again on %s", e->name);
	else
		log_warning("cannot accept on %s for now: %s", e->name, strerror(err));
}

static void
finished(struct endpoint *e)
{
	LIST_REMOVE(e, others);
	endpoint_free(e);
}

static void
listener_finished(struct listener *l)
{
	finished(container_of(l, struct endpoint, listener));
}

static void
udp_finished(struct echo_udp *u)
{
	finished(container_of(u, struct endpoint, udp));
}

static const struct listener_type endpoint_listener = {
	.accepted = accepted,
	.trouble = trouble,
	.finished = listener_finished,
};

static int
start_udp(struct endpoints *set, struct endpoint *e)
{
	e->udp.service = set->udp;
	e->udp.fd = e->fd;
	e->udp.inherited = e->inherited;
	e->udp.finished = udp_finished;
	return echo_udp_start(set->loop, &e->udp, &set->tasks);
}

static int
start_listener(struct endpoints *set, struct endpoint *e)
{
	e->listener.type = &endpoint_listener;
	e->listener.fd = e->fd;
	e->listener.inherited = e->inherited;
	e->listener.pace = e->kind == SOCK_TCP ? &set->pace : NULL;
	return listener_start(set->loop, &e->listener, &set->tasks);
}

int
endpoint_start(struct endpoints *set, struct endpoint *e)
{
	int r = e->kind == SOCK_UDP ? start_udp(set, e) : start_listener(set, e);

	if (r < 0)
		return r;
	e->set = set;
	e->fd = -1; /* the task has it */
	log_info("listening on %s%s", e->name, e->inherited ? " (inherited)" : "");
	return 0;
}

struct task *
endpoint_task(struct endpoint *e)
{
	return e->kind == SOCK_UDP ? &e->udp.task : &e->listener.task;
}
