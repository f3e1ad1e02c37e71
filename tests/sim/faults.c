#include "sim/faults.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "loop/poller.h"
#include "sim/counts.h"
#include "sim/dice.h"
#include "sim/host.h"
#include "sim/world.h"

enum harm {
	HARMLESS, /* the call can be tried again at once */
	HARMFUL,  /* something is lost, so it must be rare */
};

static const struct fault {
	enum call call;
	int err; /* 0: a short count */
	enum harm harm;
} kinds[] = {
	{ CALL_ACCEPT, EAGAIN, HARMLESS },
	{ CALL_ACCEPT, EINTR, HARMLESS },
	{ CALL_ACCEPT, ECONNABORTED, HARMLESS },
	{ CALL_ACCEPT, EPROTO, HARMLESS },
	{ CALL_ACCEPT, EPERM, HARMFUL },
	{ CALL_ACCEPT, ENETUNREACH, HARMLESS },
	{ CALL_ACCEPT, EMFILE, HARMFUL },
	{ CALL_ACCEPT, ENFILE, HARMFUL },
	{ CALL_ACCEPT, ENOBUFS, HARMFUL },
	{ CALL_ACCEPT, ENOMEM, HARMFUL },
	{ CALL_RECV, 0, HARMLESS },
	{ CALL_RECV, EAGAIN, HARMLESS },
	{ CALL_RECV, EINTR, HARMLESS },
	{ CALL_RECV, ECONNRESET, HARMFUL },
	{ CALL_RECV, ETIMEDOUT, HARMFUL },
	{ CALL_RECV, EHOSTUNREACH, HARMFUL },
	{ CALL_RECV, ENOBUFS, HARMFUL },
	{ CALL_RECV, ENOMEM, HARMFUL },
	{ CALL_SEND, 0, HARMLESS },
	{ CALL_SEND, EAGAIN, HARMLESS },
	{ CALL_SEND, EINTR, HARMLESS },
	{ CALL_SEND, ECONNRESET, HARMFUL },
	{ CALL_SEND, EPIPE, HARMFUL },
	{ CALL_SEND, ENOBUFS, HARMFUL },
	{ CALL_SEND, ENOMEM, HARMFUL },
	{ CALL_RECVMMSG, EAGAIN, HARMLESS },
	{ CALL_RECVMMSG, EINTR, HARMLESS },
	{ CALL_RECVMMSG, ECONNREFUSED, HARMLESS },
	{ CALL_RECVMMSG, ENOBUFS, HARMFUL },
	{ CALL_RECVMMSG, ENOMEM, HARMFUL },
	{ CALL_SENDMMSG, 0, HARMLESS },
	{ CALL_SENDMMSG, EAGAIN, HARMLESS },
	{ CALL_SENDMMSG, EINTR, HARMLESS },
	{ CALL_SENDMMSG, EACCES, HARMFUL },
	{ CALL_SENDMMSG, EPERM, HARMFUL },
	{ CALL_SENDMMSG, EMSGSIZE, HARMFUL },
	{ CALL_SENDMMSG, ENETUNREACH, HARMFUL },
	{ CALL_SENDMMSG, ENOBUFS, HARMFUL },
	{ CALL_SENDMMSG, ENOMEM, HARMFUL },
	{ CALL_WAIT, EINTR, HARMLESS },
	{ CALL_WATCH, ENOMEM, HARMFUL },
	{ CALL_WATCH, ENOSPC, HARMFUL },
	{ CALL_OPEN, EMFILE, HARMFUL },
	{ CALL_OPEN, ENFILE, HARMFUL },
	{ CALL_OPEN, ENOMEM, HARMFUL },
	{ CALL_SETUP, ENOBUFS, HARMFUL },
	{ CALL_SETUP, EADDRINUSE, HARMFUL },
	{ CALL_SETUP, ENOMEM, HARMFUL },
	{ CALL_FILE, EACCES, HARMFUL },
	{ CALL_FILE, ENOSPC, HARMFUL },
	{ CALL_READ, EAGAIN, HARMLESS },
	{ CALL_READ, EINTR, HARMLESS },
	{ CALL_ALLOCATE, ENOMEM, HARMFUL },
};

_Static_assert(ARRAY_SIZE(kinds) <= COUNTS_FAULTS, "one counter for each");

static const char *const call_names[] = {
	[CALL_ACCEPT] = "accept",
	[CALL_RECV] = "recv",
	[CALL_SEND] = "send",
	[CALL_RECVMMSG] = "recvmmsg",
	[CALL_SENDMMSG] = "sendmmsg",
	[CALL_WAIT] = "wait",
	[CALL_WATCH] = "epoll_ctl",
	[CALL_OPEN] = "open",
	[CALL_SETUP] = "setup",
	[CALL_FILE] = "file",
	[CALL_READ] = "read",
	[CALL_ALLOCATE] = "malloc",
};

/* For a while a call fails each time: as when there are no more descriptors. */
struct spell {
	size_t kind;
	int64_t from_ns, to_ns;
};

static struct {
	int64_t once_in[COUNTS_FAULTS];
	struct spell spells[2];
	bool late; /* no harm before it has started */
	bool any;
} plan;

static void
plan_spell(struct spell *s)
{
	const unsigned with_spells = 1 << CALL_ACCEPT | 1 << CALL_RECVMMSG |
	    1 << CALL_WATCH | 1 << CALL_ALLOCATE;

	do
		s->kind = (size_t)dice_below(ARRAY_SIZE(kinds));
	while (!(1 << kinds[s->kind].call & with_spells));
	s->from_ns = world.now_ns + dice_below(SECONDS(5));
	s->to_ns = s->from_ns;
	if (kinds[s->kind].harm == HARMFUL && dice_once_in(3))
		s->to_ns += dice_below(SECONDS(3));
}

/* A third of all runs has no harm in it, so that there is no excuse for anything. */
void
faults_plan(void)
{
	bool kind_world = dice_once_in(3);

	plan.any = false;
	plan.late = !dice_once_in(3);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		plan.once_in[i] = kinds[i].harm == HARMLESS
		    ? dice_pick(0, 0, 100, 10, 3)
		    : dice_pick(0, 0, 0, 1000, 100, 20);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kind_world && kinds[i].harm == HARMFUL)
			plan.once_in[i] = 0;
	for (size_t i = 0; i < ARRAY_SIZE(plan.spells); i++) {
		plan_spell(&plan.spells[i]);
		if (kind_world)
			plan.spells[i].to_ns = plan.spells[i].from_ns;
	}
}

static bool
under_spell(size_t kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(plan.spells); i++) {
		const struct spell *s = &plan.spells[i];

		if (s->kind == kind && s->from_ns <= world.now_ns &&
		    world.now_ns < s->to_ns)
			return true;
	}
	return false;
}

static bool
happens(size_t kind)
{
	if (!dice_once_in(plan.once_in[kind]) && !under_spell(kind))
		return false;
	if (kinds[kind].harm == HARMFUL && plan.late && !host.ready)
		return false;
	counts->faults[kind]++;
	plan.any |= kinds[kind].harm == HARMFUL;
	return true;
}

int
fault_errno(enum call call)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].call == call && kinds[i].err != 0 && happens(i))
			return kinds[i].err;
	return 0;
}

size_t
fault_short(enum call call, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].call == call && kinds[i].err == 0 && n > 1 && happens(i))
			return (size_t)dice_between(1, (int64_t)n - 1);
	return n;
}

bool
faults_any(void)
{
	return plan.any;
}

static const char *
name_of(const struct fault *kind)
{
	return kind->err != 0 ? strerrorname_np(kind->err) : "short";
}

void
faults_report(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		counts_print(call_names[kinds[i].call], name_of(&kinds[i]),
		    counts->faults[i]);
}

/* Without epoll there is nothing to register. */
static bool
can_happen(const struct fault *kind)
{
	return kind->call != CALL_WATCH || poller_find("epoll") != NULL;
}

bool
faults_complete(void)
{
	bool complete = true;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (counts->faults[i] == 0 && can_happen(&kinds[i])) {
			printf("# never: %s %s\n", call_names[kinds[i].call],
			    name_of(&kinds[i]));
			complete = false;
		}
	return complete;
}
