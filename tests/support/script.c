#include "support/script.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "support/fake_clock.h"

#define LINES	1024
#define FOREVER INT64_MAX

struct line {
	int64_t at_ns;
	int fd;
	unsigned ready;
};

/* The only one there is. */
static struct poller {
	unsigned ready[SCRIPT_FDS], watched[SCRIPT_FDS];
	int refused[SCRIPT_FDS]; /* errno */
	int broken;		 /* errno */
	int start;		 /* the descriptor to look at first */

	struct line lines[LINES];
	int nlines;

	int watches, waits;
	int64_t timeouts[SCRIPT_WAITS];
} script;

void
script_set(int fd, unsigned ready)
{
	ck_assert_int_lt(fd, SCRIPT_FDS);
	script.ready[fd] = ready;
}

unsigned
script_ready(int fd)
{
	return script.ready[fd];
}

/* The lines are kept in order of time; those of one time in order of arrival. */
void
script_at(int64_t at_ns, int fd, unsigned ready)
{
	int i = script.nlines++;

	ck_assert_int_lt(i, LINES);
	for (; i > 0 && script.lines[i - 1].at_ns > at_ns; i--)
		script.lines[i] = script.lines[i - 1];
	script.lines[i] = (struct line){ at_ns, fd, ready };
}

void
script_break(int err)
{
	script.broken = err;
}

void
script_refuse(int fd, int err)
{
	script.refused[fd] = err;
}

unsigned
script_watched(int fd)
{
	return script.watched[fd];
}

int
script_watches(void)
{
	return script.watches;
}

int
script_waits(void)
{
	return script.waits;
}

int64_t
script_timeout_ns(int wait)
{
	return script.timeouts[wait % SCRIPT_WAITS];
}

/* ---- the poller ---- */

static int
scripted_open(struct poller **ret)
{
	memset(&script, 0, sizeof(script));
	*ret = &script;
	return 0;
}

static void
scripted_close(struct poller *p)
{
	(void)p;
}

static int
scripted_watch(struct poller *p, int fd, unsigned want)
{
	ck_assert_int_lt(fd, SCRIPT_FDS);
	p->watches++;
	if (want != 0 && p->refused[fd] != 0)
		return -p->refused[fd];
	p->watched[fd] = want;
	return 0;
}

static void
play(struct poller *p, int64_t now_ns)
{
	int n = 0;

	while (n < p->nlines && p->lines[n].at_ns <= now_ns) {
		p->ready[p->lines[n].fd] = p->lines[n].ready;
		n++;
	}
	p->nlines -= n;
	memmove(p->lines, p->lines + n, (size_t)p->nlines * sizeof(*p->lines));
}

static int
collect(struct poller *p, struct poller_event *events, int room)
{
	int n = 0, fd = p->start;

	for (int left = SCRIPT_FDS; left > 0 && n < room; left--) {
		unsigned ready = p->ready[fd] & p->watched[fd];

		if (ready != 0)
			events[n++] = (struct poller_event){ fd, ready };
		fd = (fd + 1) % SCRIPT_FDS;
	}
	p->start = fd;
	return n;
}

static int
scripted_wait(struct poller *p, struct poller_event *events, int room,
    int64_t timeout_ns)
{
	int64_t end_ns;
	int n;

	p->timeouts[p->waits++ % SCRIPT_WAITS] = timeout_ns;
	if (p->broken != 0) {
		int err = p->broken;

		p->broken = 0;
		return -err;
	}
	end_ns = timeout_ns < 0 ? FOREVER : fake_clock_peek() + timeout_ns;
	for (;;) {
		int64_t next_ns;

		play(p, fake_clock_peek());
		n = collect(p, events, room);
		if (n > 0 || timeout_ns == 0)
			return n;
		next_ns = p->nlines > 0 ? p->lines[0].at_ns : FOREVER;
		if (next_ns > end_ns)
			break;
		if (next_ns == FOREVER)
			ck_abort_msg("the loop would sleep for ever");
		fake_clock_set(next_ns);
	}
	fake_clock_set(end_ns);
	return 0;
}

const struct poller_ops poller_scripted = {
	.name = "scripted",
	.open = scripted_open,
	.close = scripted_close,
	.watch = scripted_watch,
	.wait = scripted_wait,
};
