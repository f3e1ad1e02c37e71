/*
 * fuzz_datagrams.c - a run of echo-stress over UDP, where answers get lost, come twice,
 * late, in disorder or spoilt: each is counted as what it is.
 */
#include "fuzz/fuzz.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "fuzz/conductor.h"
#include "stress/dial.h"
#include "stress/verdict.h"
#include "support/fake_clock.h"

#define FD	 900 /* no other descriptor has this number */
#define MESSAGES 64  /* at most */
#define SIZE	 100 /* at most */
#define SPOILT	 9   /* bytes, or more, whose number must stay what it is */
#define LIMIT_NS SECONDS(5)

enum fate {
	INTACT,
	LOST,
	TWICE,
	LATE,
	LATE_TWICE,
	OVERTAKEN,
	FLIPPED,
	CUT,
	LONGER,
	STRAY
};

struct parcel {
	int64_t ready_ns; /* not before */
	size_t size;
	bool spoilt, stray;
	uint8_t number, bytes[SIZE + 1];
};

enum answer { NONE, ANSWERED, GIVEN_UP, OVER };

static struct {
	struct fuzz in;
	struct parcel parcels[3 * MESSAGES];
	int first, n;
	unsigned watched;

	/* The model: what has become of each, and the counts. */
	int sent, highest;
	enum answer answers[MESSAGES];
	int64_t sent_ns[MESSAGES];
	uint64_t right, lost, late, twice, reordered, corrupt;
} net;

enum step __wrap_dial(struct task *t, struct dial *d);
ssize_t __wrap_send(int fd, const void *buf, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t room, int flags);

/* ---- the model ---- */

/* Whose time is over is lost, even if it comes after all. */
static void
give_up(void)
{
	for (int i = 0; i < net.sent; i++) {
		if (net.answers[i] != NONE ||
		    fake_clock_peek() - net.sent_ns[i] <= LIMIT_NS)
			continue;
		net.answers[i] = GIVEN_UP;
		net.lost++;
	}
}

static void
judge(const struct parcel *p)
{
	enum answer *answer = &net.answers[p->number % MESSAGES];

	give_up();
	if (p->number >= net.sent) {
		net.corrupt++;
	} else if (p->spoilt) {
		net.corrupt++;
		if (*answer == NONE)
			*answer = OVER;
	} else if (*answer == NONE) {
		*answer = ANSWERED;
		net.right++;
		net.reordered += p->number < net.highest;
		if (p->number > net.highest)
			net.highest = p->number;
	} else if (*answer == GIVEN_UP) {
		*answer = OVER;
		net.late++;
	} else {
		net.twice++;
	}
}

/* ---- the net ---- */

static struct parcel *
post(struct parcel p)
{
	REQUIRE(net.n < 3 * MESSAGES);
	net.parcels[net.n] = p;
	return &net.parcels[net.n++];
}

/* What is last goes in front of the one before it. */
static void
overtake(void)
{
	struct parcel last = net.parcels[net.n - 1];

	if (net.n - net.first < 2)
		return;
	net.parcels[net.n - 1] = net.parcels[net.n - 2];
	net.parcels[net.n - 2] = last;
}

static void
carry(struct parcel p)
{
	enum fate fate = fuzz_number(&net.in, 1) % (STRAY + 1);
	size_t at = SPOILT - 1 + fuzz_number(&net.in, 1) % SIZE;

	if (fate == LOST)
		return;
	if (fate == LATE || fate == LATE_TWICE)
		p.ready_ns += LIMIT_NS + 1;
	p.spoilt = p.size > SPOILT && (fate == FLIPPED || fate == CUT);
	if (fate == FLIPPED && p.spoilt)
		p.bytes[at % (p.size - SPOILT) + SPOILT - 1] ^= (uint8_t)(at | 1);
	if (fate == CUT)
		p.size -= p.spoilt;
	if (fate == LONGER && p.size >= SPOILT) {
		p.spoilt = true;
		p.size++;
	}
	post(p);
	if (fate == TWICE || fate == LATE_TWICE)
		post(p);
	if (fate == OVERTAKEN)
		overtake();
	if (fate == STRAY) {
		p.stray = true;
		post(p);
	}
}

/* The first that is there by now, or NULL. */
static struct parcel *
arrived(void)
{
	for (int i = net.first; i < net.n; i++)
		if (net.parcels[i].ready_ns <= fake_clock_peek())
			return &net.parcels[i];
	return NULL;
}

/* ---- the calls ---- */

enum step
__wrap_dial(struct task *t, struct dial *d)
{
	(void)t;
	REQUIRE(net.sent == 0); /* nothing breaks, so there is one connection */
	d->fd = FD;
	d->err = 0;
	d->took_ns = 0;
	return STEP_DONE;
}

ssize_t
__wrap_send(int fd, const void *buf, size_t size, int flags)
{
	struct parcel p = { .ready_ns = fake_clock_peek(), .size = size };

	REQUIRE(fd == FD && flags == MSG_NOSIGNAL && size > 0 && size <= SIZE);
	REQUIRE(net.sent < MESSAGES && *(const uint8_t *)buf == net.sent);
	if (net.in.size > 0 && fuzz_number(&net.in, 1) > 200) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(p.bytes, buf, size);
	p.number = (uint8_t)net.sent;
	net.sent_ns[net.sent++] = p.ready_ns;
	carry(p);
	return (ssize_t)size;
}

ssize_t
__wrap_recv(int fd, void *buf, size_t room, int flags)
{
	struct parcel *p = arrived(), got;

	REQUIRE(fd == FD && flags == 0 && room > SIZE);
	if (p == NULL || fuzz_number(&net.in, 1) > 200) {
		errno = EAGAIN;
		return -1;
	}
	got = *p;
	memmove(&net.parcels[net.first + 1], &net.parcels[net.first],
	    (size_t)(p - &net.parcels[net.first]) * sizeof(*p));
	net.first++;
	if (got.stray) /* nobody's yet, though it may stand in the books already */
		got.number = got.bytes[0] = (uint8_t)net.sent;
	memcpy(buf, got.bytes, got.size);
	judge(&got);
	return (ssize_t)got.size;
}

/* ---- the poller ---- */

static int
net_open(struct poller **ret)
{
	*ret = NULL; /* all is in the net */
	return 0;
}

static void
net_close(struct poller *p)
{
	(void)p;
}

static int
net_watch(struct poller *p, int fd, unsigned want)
{
	(void)p;
	REQUIRE(fd == FD);
	net.watched = want;
	return 0;
}

static int
net_wait(struct poller *p, struct poller_event *events, int room, int64_t timeout_ns)
{
	unsigned ready = IO_WRITE | (arrived() != NULL ? IO_READ : 0);

	(void)p;
	REQUIRE(room > 0);
	ready &= net.watched;
	if (ready != 0) {
		fake_clock_advance(MICROSECONDS(fuzz_number(&net.in, 1) % 4));
		events[0] = (struct poller_event){ FD, ready };
		return 1;
	}
	REQUIRE(timeout_ns >= 0); /* or it would never end */
	fake_clock_advance(timeout_ns);
	return 0;
}

static const struct poller_ops poller_net = {
	.name = "net",
	.open = net_open,
	.close = net_close,
	.watch = net_watch,
	.wait = net_wait,
};

/* ---- a run ---- */

static void
check(const struct run *r)
{
	const struct figures *f = r->figures;
	struct verdict v = verdict_of(r);

	give_up();
	REQUIRE(net.sent == r->options->messages && f->udp.sent == (uint64_t)net.sent);
	REQUIRE(f->messages == net.right);
	REQUIRE(f->udp.lost == net.lost);
	REQUIRE(f->udp.late == net.late);
	REQUIRE(f->udp.duplicated == net.twice);
	REQUIRE(f->udp.reordered == net.reordered);
	REQUIRE(f->udp.corrupt == net.corrupt);
	REQUIRE(f->unanswered == 0 && r->inflight == 0);
	REQUIRE(f->failures.count[FAILURE_TIMEOUT] == net.lost);
	REQUIRE(f->failures.count[FAILURE_MISMATCH] == net.corrupt + net.twice);
	REQUIRE(failures_total(&f->failures) == net.lost + net.corrupt + net.twice);
	REQUIRE((v.status == 0) ==
	    (net.right > 0 && net.corrupt == 0 && net.twice == 0 &&
		net.lost <= (uint64_t)r->options->max_errors));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conductor c; /* large */
	struct fuzz in = { data, size };
	struct target target = { .text = "net", .naddrs = 1, .udp = true };
	struct options o = {
		.connections = 1,
		.duration_ns = SECONDS(10),
		.timeout_ns = LIMIT_NS,
		.mode = mode_find("steady"),
		.udp = true,
	};

	o.seed = (int64_t)fuzz_number(&in, 1);
	o.max_errors = o.seed % 4;
	o.messages = (int64_t)fuzz_number(&in, 1) % MESSAGES + 1;
	o.pipeline = (int64_t)fuzz_number(&in, 1) % 16 + 1;
	o.size_min = (int64_t)fuzz_number(&in, 1) % SIZE + 1;
	o.size_max = o.size_min +
	    (int64_t)fuzz_number(&in, 1) % (SIZE - o.size_min + 1);
	memset(&net, 0, sizeof(net));
	net.in = in;
	net.highest = -1;
	conductor_run(&c, &o, &target, &poller_net);
	check(&c.run);
	conductor_release(&c);
	return 0;
}
