#include "echod/echo_udp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/util.h"

#define PATIENCE_NS  SECONDS(1)	      /* with a socket that is full */
#define PAUSE_NS     MILLISECONDS(10) /* after an error, lest it comes again and again */
#define LAST_BATCHES 256	      /* at most, of what has come when it ends */

/* ---- counting ---- */

static void
log_drop(struct echo_udp *u, const struct udp_datagram *d, enum udp_verdict verdict)
{
	enum log_level level = verdict == UDP_DENIED ? LOG_LEVEL_WARNING
						     : LOG_LEVEL_DEBUG;
	char peer[ADDR_TEXT];

	if (!log_admits(&u->service->drops, level, loop_now_ns(u->task.loop)))
		return;
	(level == LOG_LEVEL_WARNING ? log_warning
				    : log_debug)("dropped %zu bytes from udp:%s: %s",
	    d->size, addr_format(&d->peer, peer), udp_verdict_name(verdict));
}

static void
count_answers(struct echo_udp *u, int n)
{
	u->answered += (uint64_t)n;
	u->service->verdicts[UDP_ANSWER] += (uint64_t)n;
}

/* ---- receiving ---- */

static void
judge(struct echo_udp *u, int i)
{
	struct echo_udp_service *s = u->service;
	const struct udp_datagram *d = udp_at(u->batch, i);
	enum udp_verdict verdict = udp_guard_judge(&s->guard, d,
	    loop_now_ns(u->task.loop));

	if (verdict == UDP_ANSWER) {
		s->bytes += d->size;
		udp_answer(u->batch, i);
		return;
	}
	s->verdicts[verdict]++;
	log_drop(u, d, verdict);
}

/* Returns how many have come, or -errno. */
static int
receive(struct echo_udp *u)
{
	int n = udp_receive(u->batch, u->fd);

	if (n == -EAGAIN || n == -EINTR)
		return 0;
	if (n < 0)
		return n;
	for (int i = 0; i < n; i++)
		judge(u, i);
	u->received += (uint64_t)n;
	u->service->received += (uint64_t)n;
	reporter_touch(u->service->reporter);
	return n;
}

/* ---- sending ---- */

static void
drop_first(struct echo_udp *u, enum udp_verdict verdict)
{
	udp_skip(u->batch);
	u->service->verdicts[verdict]++;
}

static void
drop_rest(struct echo_udp *u)
{
	while (udp_unsent(u->batch) > 0)
		drop_first(u, UDP_UNSENT);
}

/*
 * Send what the socket has room for.  One answer that cannot be sent does not
 * hold up the others.  Returns false when there was no room for even one.
 */
static bool
send_some(struct echo_udp *u)
{
	int before = udp_unsent(u->batch);

	while (udp_unsent(u->batch) > 0) {
		int n = udp_send(u->batch, u->fd);

		if (n == -EAGAIN)
			break;
		if (n >= 0)
			count_answers(u, n);
		else if (n != -EINTR)
			drop_first(u, n == -EACCES ? UDP_BROADCAST : UDP_UNSENT);
	}
	return udp_unsent(u->batch) < before;
}

static enum step
send_answers(struct task *t, struct echo_udp *u)
{
	TASK_BEGIN(t);
	send_some(u);
	while (udp_unsent(u->batch) > 0) {
		YIELD(t, within(writable(u->fd), PATIENCE_NS));
		if (t->woke != WAKE_READY)
			drop_rest(u);
		else if (!send_some(u))
			drop_first(u, UDP_UNSENT);
	}
	TASK_END(t);
}

/* ---- the task ---- */

/* What has come already, as far as it goes without waiting. */
static void
answer_the_last(struct echo_udp *u)
{
	for (int i = 0; i < LAST_BATCHES && receive(u) > 0; i++) {
		send_some(u);
		drop_rest(u);
	}
}

static enum step
echo_udp_run(struct task *t)
{
	struct echo_udp *u = container_of(t, struct echo_udp, task);

	TASK_BEGIN(t);
	for (;;) {
		YIELD(t, readable(u->fd));
		if (t->woke == WAKE_CANCEL)
			break;
		if (t->woke == WAKE_READY && receive(u) >= 0)
			CALL(t, send_answers(t, u));
		else
			YIELD(t, elapsed(PAUSE_NS));
	}
	if (!u->inherited)
		answer_the_last(u);
	loop_close_fd(t->loop, &u->fd);
	TASK_END(t);
}

static void
echo_udp_done(struct task *t)
{
	struct echo_udp *u = container_of(t, struct echo_udp, task);

	udp_batch_close(u->batch);
	u->finished(u);
}

static const struct task_type echo_udp_task = {
	.name = "echo-udp",
	.run = echo_udp_run,
	.finished = echo_udp_done,
};

int
echo_udp_start(struct loop *loop, struct echo_udp *u, struct task_group *group)
{
	int r = udp_prepare(u->fd);

	if (r == 0)
		r = udp_batch_open(&u->batch, u->fd);
	if (r < 0)
		return r;
	r = task_start(loop, &u->task, group, &echo_udp_task, 0);
	if (r < 0)
		udp_batch_close(u->batch);
	return r;
}

/* ---- what they have in common ---- */

int
echo_udp_service_open(struct echo_udp_service *s, struct reporter *reporter)
{
	*s = (struct echo_udp_service){
		.drops = { .what = "dropped datagrams" },
		.reporter = reporter,
	};
	return udp_guard_open(&s->guard);
}

void
echo_udp_service_close(struct echo_udp_service *s)
{
	udp_guard_close(&s->guard);
}

void
echo_udp_service_configure(struct echo_udp_service *s, const struct config *config)
{
	s->guard.access = &config->access;
	s->guard.allow_low_ports = config->udp_allow_low_ports;
	udp_guard_set_rule(&s->guard,
	    config->udp_burst_per_address == 0
		? bucket_rule(0, 1)
		: bucket_rule(config->udp_rate_per_address,
		      config->udp_burst_per_address));
}

void
echo_udp_service_report(const struct echo_udp_service *s)
{
	char drops[400] = "";
	int len = 0;

	if (s->received == 0)
		return;
	for (int v = UDP_ANSWER + 1; v < UDP_VERDICTS; v++)
		len += snprintf(drops + len, sizeof(drops) - (size_t)len,
		    "%s %s %" PRIu64, v == UDP_ANSWER + 1 ? "" : ",",
		    udp_verdict_name((enum udp_verdict)v), s->verdicts[v]);
	log_info("udp: %" PRIu64 " datagrams received, %" PRIu64 " answered, %" PRIu64
		 " bytes; dropped:%s",
	    s->received, s->verdicts[UDP_ANSWER], s->bytes, drops);
}
