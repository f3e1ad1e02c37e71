/*
 * The loop's sleep, and the short spin before it.
 *
 * To sleep and be woken costs some 20 us on a virtual machine, and the answer
 * of a busy peer often comes sooner than that.  So the loop, before it sleeps,
 * polls for a moment, as long as experience says that it pays: a spin that met
 * an event counts for it, one that met none against it twice, and a sleep so
 * short that a spin might have met its end for it again.
 */
#include "loop/internal.h"

#define CREDIT_MAX  16
#define HIT	    1
#define MISS	    2
#define SHORT_SLEEP 1
#define SHORT	    3 /* times limit_ns */

void
spin_init(struct spin *s, int64_t limit_ns)
{
	*s = (struct spin){ .limit_ns = limit_ns, .credit = CREDIT_MAX };
}

static void
earn(struct spin *s, int credit)
{
	s->credit += credit;
	if (s->credit > CREDIT_MAX)
		s->credit = CREDIT_MAX;
	if (s->credit < 0)
		s->credit = 0;
}

static int
take_events(struct loop *loop, int64_t timeout_ns)
{
	return loop->backend->wait(loop->poller, loop->events, LOOP_EVENTS, timeout_ns);
}

/* Poll, never past until_ns.  *now moves on.  Returns as loop_sleep(). */
static int
spin(struct loop *loop, int64_t until_ns, int64_t *now)
{
	int64_t end = *now + loop->spin.limit_ns;
	int n;

	do {
		n = take_events(loop, 0);
		*now = loop->clock();
	} while (n == 0 && *now < end && *now < until_ns);

	earn(&loop->spin, n > 0 ? HIT : -MISS);
	return n;
}

int
loop_sleep(struct loop *loop, int64_t until_ns)
{
	int64_t now = loop->clock();
	int64_t began;
	int n = 0;

	if (until_ns <= now) /* tasks are ready, or a timer: only have a look */
		return take_events(loop, 0);
	if (loop->spin.limit_ns > 0 && loop->spin.credit > 0)
		n = spin(loop, until_ns, &now);
	if (n != 0)
		return n;

	began = now;
	if (until_ns == TIMER_NEVER)
		n = take_events(loop, -1);
	else
		n = take_events(loop, until_ns > now ? until_ns - now : 0);

	if (n > 0 && loop->spin.limit_ns > 0 &&
	    loop->clock() - began < SHORT * loop->spin.limit_ns)
		earn(&loop->spin, SHORT_SLEEP);
	return n;
}
