#include "sim/pace.h"

#include "sim/host.h"
#include "sim/net.h"
#include "sim/places.h"
#include "sim/world.h"

/* How late a turn may come; then the next may seem early. */
#define LATE_NS MILLISECONDS(10)

void
pace_set(struct pace *p, int64_t per_second, int64_t room)
{
	*p = (struct pace){ .every_ns = per_second > 0 ? SECONDS(1) / per_second : 0,
		.room = room };
}

static void
add(struct pace *p, int64_t now_ns, int64_t times)
{
	if (p->full_ns < now_ns)
		p->full_ns = now_ns;
	p->full_ns += times * p->every_ns;
}

bool
pace_take(struct pace *p, int64_t now_ns, int64_t slack_ns)
{
	int64_t from_ns = p->full_ns - (p->room - 1) * p->every_ns;

	add(p, now_ns, 1);
	return p->every_ns == 0 || now_ns + slack_ns >= from_ns;
}

/* ---- accepts ---- */

/*
 * What the server has accepted, for a bound from above; and from below what it may
 * think of: every attempt counts there, and one that each other listener has in mind.
 */
static struct pace accepted, thought;

static int64_t
room_of(int64_t per_second)
{
	return per_second >= 20 ? per_second / 10 : 1;
}

void
pace_accepts_begin(int64_t per_second)
{
	pace_set(&accepted, per_second, room_of(per_second));
	thought = accepted;
}

static int
listeners(void)
{
	int n = 0;

	for (int fd = 3; fd < net.top; fd++)
		n += net.table[fd].kind == LISTENER && net.table[fd].file == NULL;
	return n;
}

/* Another pace owes nothing of the old one, and each listener may begin it with one. */
void
pace_accepts_change(int64_t per_second)
{
	if (accepted.every_ns == (per_second > 0 ? SECONDS(1) / per_second : 0))
		return;
	pace_set(&accepted, per_second, room_of(per_second) + listeners());
	pace_set(&thought, per_second, room_of(per_second));
}

bool
pace_accept_is_on(const struct descriptor *listener)
{
	return listener->file == NULL && accepted.every_ns > 0;
}

void
pace_accept_tried(struct descriptor *listener)
{
	listener->tried_ns = world.now_ns;
	if (listener->file == NULL)
		add(&thought, world.now_ns, 1);
}

void
pace_accept_done(const struct descriptor *listener)
{
	/* When it ends, or is given up, what waits is taken at once. */
	if (listener->file == NULL && host.stops == 0 && is_wanted(listener))
		require(pace_take(&accepted, world.now_ns, LATE_NS),
		    "it accepts more often than every %.6f s",
		    (double)accepted.every_ns / 1e9);
}

void
pace_accept_ends(const struct descriptor *listener)
{
	if (listener->file == NULL)
		add(&thought, world.now_ns, 1);
}

int64_t
pace_accept_until_ns(int64_t since_ns)
{
	int64_t from_ns = thought.full_ns > since_ns ? thought.full_ns : since_ns;

	return from_ns + (listeners() - 1) * thought.every_ns;
}
