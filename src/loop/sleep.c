/*
 * The loop's sleep, and the short spin before it.
 *
 * To sleep and be woken takes some 50 us on a virtual machine, and the answer
 * of a busy peer often comes sooner than that.  So the loop, before it sleeps,
 * polls for a moment.  After a spin that met nothing it lets a few sleeps pass
 * that might have been worth one, then twice as many, and so on; each spin that
 * pays takes half of that back.
 *
 * It pays with a few peers that wait for us as we wait for them.  Many are
 * better served after a sleep, together: to meet them one by one saves nobody
 * any time, and costs a wait for each.  And what comes at once, as the rest of
 * a long message does, is no answer to us: it teaches nothing.
 */
#include "loop/internal.h"

#define BACKOFF_MAX 64 /* sleeps to let pass after a spin that did not pay */

#define AT_ONCE	    16 /* sooner than limit_ns / 16: it was under way already */
#define SHORT	    4  /* later than limit_ns * 4: no spin would have met it */

void
spin_init(struct spin *s, int64_t limit_ns)
{
	*s = (struct spin){ .limit_ns = limit_ns };
	for (int i = 0; i < SPIN_FEW; i++)
		s->met[i] = -1;
}

static void
paid(struct spin *s)
{
	s->backoff /= 2;
}

static void
missed(struct spin *s)
{
	s->backoff = s->backoff == 0 ? 1 : 2 * s->backoff;
	if (s->backoff > BACKOFF_MAX)
		s->backoff = BACKOFF_MAX;
	s->pause = s->backoff;
}

/* Was fd among the last few?  Now it is. */
static bool
meet(struct spin *s, int fd)
{
	for (int i = 0; i < SPIN_FEW; i++)
		if (s->met[i] == fd)
			return true;
	s->met[s->next++ % SPIN_FEW] = fd;
	return false;
}

/* Do all these events come from the few that were met last? */
static bool
meet_all(struct loop *loop, int n)
{
	for (int i = 0; i < n; i++)
		if (!meet(&loop->spin, loop->events[i].fd))
			return false;
	return true;
}

static int
take_events(struct loop *loop, int64_t timeout_ns)
{
	return loop->backend->wait(loop->poller, loop->events, LOOP_EVENTS, timeout_ns);
}

/* Did they take so long to come, and no longer, that a spin for them pays? */
static bool
worth_it(const struct spin *s, int64_t ns)
{
	return ns > s->limit_ns / AT_ONCE && ns < s->limit_ns * SHORT;
}

/* Poll, never past until_ns.  *now moves on.  Returns as loop_sleep(). */
static int
spin(struct loop *loop, int64_t until_ns, int64_t *now)
{
	int64_t began = *now;
	int64_t end = began + loop->spin.limit_ns;
	int n;

	do {
		n = take_events(loop, 0);
		*now = loop->clock();
	} while (n == 0 && *now < end && *now < until_ns);

	if (n <= 0 || !meet_all(loop, n))
		missed(&loop->spin);
	else if (worth_it(&loop->spin, *now - began))
		paid(&loop->spin);
	return n;
}

int
loop_sleep(struct loop *loop, int64_t until_ns)
{
	int64_t now = loop->now_ns;
	int64_t began;
	int n = 0;

	if (until_ns <= now) /* tasks are ready, or a timer: only have a look */
		return take_events(loop, 0);
	if (loop->spin.limit_ns > 0 && loop->spin.pause == 0)
		n = spin(loop, until_ns, &now);
	if (n != 0)
		return n;

	began = now;
	if (until_ns == TIMER_NEVER)
		n = take_events(loop, -1);
	else
		n = take_events(loop, until_ns > now ? until_ns - now : 0);

	if (n > 0 && loop->spin.pause > 0 && meet_all(loop, n) &&
	    worth_it(&loop->spin, loop->clock() - began))
		loop->spin.pause--;
	return n;
}
