#include "stress/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
ledger_init(struct ledger *l, uint32_t room)
{
	*l = (struct ledger){ .room = room };
	l->all = calloc(room, sizeof(*l->all));
	l->lost = calloc(LEDGER_LOST, sizeof(*l->lost));
	if (l->all == NULL || l->lost == NULL)
		return -ENOMEM;
	ledger_clear(l);
	return 0;
}

void
ledger_release(struct ledger *l)
{
	free(l->all);
	free(l->lost);
}

void
ledger_clear(struct ledger *l)
{
	l->next = l->beyond = l->forgotten = 0;
	l->lost_first = l->lost_count = 0;
	l->transit_ns = -1;
	l->jitter_ns = 0;
	TAILQ_INIT(&l->in_flight);
	TAILQ_INIT(&l->spare);
	for (uint32_t i = 0; i < l->room; i++)
		TAILQ_INSERT_TAIL(&l->spare, &l->all[i], others);
}

struct datagram *
ledger_enter(struct ledger *l, int64_t due_ns, uint32_t size)
{
	struct datagram *d = TAILQ_FIRST(&l->spare);

	TAILQ_REMOVE(&l->spare, d, others);
	TAILQ_INSERT_TAIL(&l->in_flight, d, others);
	d->number = l->next++;
	d->due_ns = d->sent_ns = due_ns;
	d->size = size;
	return d;
}

struct datagram *
ledger_find(struct ledger *l, uint64_t number, uint64_t mask)
{
	struct datagram *d;

	TAILQ_FOREACH(d, &l->in_flight, others)
	if ((d->number & mask) == (number & mask))
		return d;
	return NULL;
}

void
ledger_strike(struct ledger *l, struct datagram *d)
{
	TAILQ_REMOVE(&l->in_flight, d, others);
	TAILQ_INSERT_HEAD(&l->spare, d, others);
}

/* How much transit times differ from one to the next, smoothed over some 16. */
static void
measure_jitter(struct ledger *l, int64_t transit_ns)
{
	if (l->transit_ns >= 0) {
		double difference = (double)llabs(transit_ns - l->transit_ns);

		l->jitter_ns += (difference - l->jitter_ns) / 16;
	}
	l->transit_ns = transit_ns;
}

bool
ledger_answer(struct ledger *l, struct datagram *d, int64_t now_ns)
{
	bool overtaken = d->number < l->beyond;

	if (!overtaken)
		l->beyond = d->number + 1;
	measure_jitter(l, now_ns - d->sent_ns);
	ledger_strike(l, d);
	return overtaken;
}

void
ledger_lose(struct ledger *l, struct datagram *d)
{
	uint32_t slot = (l->lost_first + l->lost_count) % LEDGER_LOST;

	if (l->lost_count == LEDGER_LOST) {
		l->forgotten = l->lost[slot] + 1;
		l->lost_first = (l->lost_first + 1) % LEDGER_LOST;
		l->lost_count--;
	}
	l->lost[slot] = d->number;
	l->lost_count++;
	ledger_strike(l, d);
}

/* Close the gap at the i-th, mostly one of the first, with those before it. */
static void
forgive(struct ledger *l, uint32_t i)
{
	for (; i > 0; i--)
		l->lost[(l->lost_first + i) % LEDGER_LOST] =
		    l->lost[(l->lost_first + i - 1) % LEDGER_LOST];
	l->lost_first = (l->lost_first + 1) % LEDGER_LOST;
	l->lost_count--;
}

bool
ledger_take_lost(struct ledger *l, uint64_t number, uint64_t mask)
{
	for (uint32_t i = 0; i < l->lost_count; i++) {
		uint64_t lost = l->lost[(l->lost_first + i) % LEDGER_LOST];

		if ((lost & mask) == (number & mask)) {
			forgive(l, i);
			return true;
		}
	}
	return (number & mask) < l->forgotten; /* nobody knows: think well of it */
}
