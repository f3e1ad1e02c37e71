#include "fuzz/tasks.h"

#include "base/clock.h"
#include "support/fake_clock.h"

/* Waits in a row that lead to nothing: there are lazy timers, and old interest. */
#define QUIET_MOST 64

/* ---- before it sleeps ---- */

/* Returns whether a task is ready.  *due_ns: the earliest of those parked. */
static bool
look_around(int64_t *due_ns, bool *places)
{
	bool ready = false;

	*due_ns = TIMER_NEVER;
	*places = false;
	for (int i = 0; i < ACTORS; i++) {
		const struct actor *a = world.actors[i];

		if (a == NULL)
			continue;
		REQUIRE(a->state == READY || a->state == PARKED);
		REQUIRE(a->state != READY || a->phase == world.phase);
		ready = ready || a->state == READY;
		*places = *places || a->want != 0;
		if (a->state == PARKED && a->due_ns < *due_ns)
			*due_ns = a->due_ns;
		if (a->state == PARKED && a->want != 0)
			REQUIRE(a->place->watched & a->want);
	}
	return ready;
}

bool
nothing_can_happen(void)
{
	int64_t due_ns;
	bool places, ready = look_around(&due_ns, &places);

	return !ready && !places && due_ns == TIMER_NEVER;
}

/* Is it right to sleep, and this long? */
static void
check_sleep(int64_t timeout_ns)
{
	int64_t due_ns, now_ns = fake_clock_peek();
	bool places, ready = look_around(&due_ns, &places);

	REQUIRE(!nothing_can_happen());
	if (ready || due_ns <= now_ns)
		REQUIRE(timeout_ns == 0);
	else if (due_ns != TIMER_NEVER)
		REQUIRE(timeout_ns >= 0 && timeout_ns <= due_ns - now_ns);
	REQUIRE(++world.quiet < QUIET_MOST);
}

/* ---- the poller ---- */

static int
fuzzed_open(struct poller **ret)
{
	*ret = NULL; /* everything is in the world */
	return 0;
}

static void
fuzzed_close(struct poller *p)
{
	(void)p;
}

static int
fuzzed_watch(struct poller *p, int fd, unsigned want)
{
	struct channel *c = world.channels;

	(void)p;
	while (c->fd != fd)
		c++;
	if (c->refused != 0 && (want & ~c->watched) != 0)
		return -c->refused;
	c->watched = want;
	return 0;
}

static int
collect(struct poller_event *events)
{
	int n = 0;

	for (struct channel *c = world.channels; c < world.channels + CHANNELS; c++) {
		unsigned ready = c->ready & c->watched;

		if (ready == 0)
			continue;
		events[n++] = (struct poller_event){ c->fd, ready };
		model_event(c, ready);
	}
	return n;
}

/* Nothing is ready: time passes, or something happens, or a signal comes. */
static void
sleep_some(int64_t timeout_ns)
{
	unsigned what = (unsigned)fuzz_number(&world.in, 1);

	if (world.in.size > 0)
		world.quiet = 0; /* the input has an end */
	if (timeout_ns < 0 && what % 4 == 0) {
		for (int i = 0; i < CHANNELS; i++)
			world.channels[i].ready = IO_READ | IO_WRITE;
	} else if (what % 4 == 1) {
		world.channels[what / 4 % CHANNELS].ready = what / 16 % 4;
	} else if (what % 4 == 2) {
		if (timeout_ns > MILLISECONDS(1))
			fake_clock_advance(MILLISECONDS(1));
	} else if (timeout_ns >= 0) {
		fake_clock_advance(timeout_ns);
	}
}

static int
fuzzed_wait(struct poller *p, struct poller_event *events, int room, int64_t timeout_ns)
{
	int n;

	(void)p;
	REQUIRE(room >= CHANNELS);
	check_sleep(timeout_ns);
	world.phase++;
	n = collect(events);
	if (n == 0 && timeout_ns != 0) {
		sleep_some(timeout_ns);
		n = collect(events);
	}
	model_time(fake_clock_peek());
	world.phase++;
	return n;
}

const struct poller_ops poller_fuzzed = {
	.name = "fuzzed",
	.open = fuzzed_open,
	.close = fuzzed_close,
	.watch = fuzzed_watch,
	.wait = fuzzed_wait,
};
