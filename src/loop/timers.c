#include "loop/timers.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define ROOT	 1u
#define FANOUT	 4u
#define ROOM_MIN 64u

static uint32_t
parent_of(uint32_t i)
{
	return (i - 2) / FANOUT + 1;
}

static uint32_t
first_child_of(uint32_t i)
{
	return (i - 1) * FANOUT + 2;
}

static bool
sooner(const struct timer_slot *a, const struct timer_slot *b)
{
	if (a->key_ns != b->key_ns)
		return a->key_ns < b->key_ns;
	return (int32_t)(a->timer->seq - b->timer->seq) < 0; /* seq may wrap */
}

static void
put(struct timers *h, uint32_t i, struct timer_slot s)
{
	h->heap[i] = s;
	s.timer->slot = i;
}

/* Store s at the hole i, or above it. */
static void
sift_up(struct timers *h, uint32_t i, struct timer_slot s)
{
	while (i > ROOT && sooner(&s, &h->heap[parent_of(i)])) {
		put(h, i, h->heap[parent_of(i)]);
		i = parent_of(i);
	}
	put(h, i, s);
}

static uint32_t
soonest_child_of(const struct timers *h, uint32_t i)
{
	uint32_t first = first_child_of(i), best = first, end = first + FANOUT;

	for (uint32_t child = first + 1; child < end && child <= h->count; child++)
		if (sooner(&h->heap[child], &h->heap[best]))
			best = child;
	return best;
}

/* Store s at the hole i, or below it. */
static void
sift_down(struct timers *h, uint32_t i, struct timer_slot s)
{
	while (first_child_of(i) <= h->count) {
		uint32_t child = soonest_child_of(h, i);

		if (!sooner(&h->heap[child], &s))
			break;
		put(h, i, h->heap[child]);
		i = child;
	}
	put(h, i, s);
}

/* Close the gap at i with the last slot, which may belong above it or below. */
static void
take_out(struct timers *h, uint32_t i)
{
	struct timer_slot last = h->heap[h->count--];

	if (i > h->count)
		return; /* the gap was the last slot itself */
	if (i > ROOT && sooner(&last, &h->heap[parent_of(i)]))
		sift_up(h, i, last);
	else
		sift_down(h, i, last);
}

int
timers_reserve(struct timers *h, uint32_t n)
{
	uint32_t room = h->room > ROOM_MIN ? h->room : ROOM_MIN;
	struct timer_slot *heap;

	while (room < n)
		room *= 2;
	while (room > ROOM_MIN && n <= room / 4)
		room /= 2;
	if (room == h->room)
		return 0;

	heap = realloc(h->heap, (room + 1) * sizeof(*heap));
	if (heap == NULL)
		return room < h->room ? 0 : -ENOMEM; /* the larger one still serves */
	h->heap = heap;
	h->room = room;
	return 0;
}

void
timers_release(struct timers *h)
{
	free(h->heap);
	*h = (struct timers){ 0 };
}

void
timers_set(struct timers *h, struct timer *tm, int64_t due_ns)
{
	tm->due_ns = due_ns;
	if (tm->slot == 0) {
		assert(h->count < h->room);
		tm->seq = h->seq++;
		sift_up(h, ++h->count, (struct timer_slot){ due_ns, tm });
	} else if (due_ns < h->heap[tm->slot].key_ns) {
		sift_up(h, tm->slot, (struct timer_slot){ due_ns, tm });
	}
}

void
timers_disarm(struct timer *tm)
{
	tm->due_ns = TIMER_NEVER;
}

void
timers_clear(struct timers *h, struct timer *tm)
{
	if (tm->slot != 0)
		take_out(h, tm->slot);
	tm->slot = 0;
	tm->due_ns = TIMER_NEVER;
}

int64_t
timers_next_ns(const struct timers *h)
{
	return h->count > 0 ? h->heap[ROOT].key_ns : TIMER_NEVER;
}

bool
timers_any(struct timers *h)
{
	while (h->count > 0 && h->heap[ROOT].timer->due_ns == TIMER_NEVER)
		timers_clear(h, h->heap[ROOT].timer);
	return h->count > 0;
}

struct timer *
timers_due(struct timers *h, int64_t now_ns)
{
	while (timers_next_ns(h) <= now_ns) {
		struct timer *tm = h->heap[ROOT].timer;
		int64_t key_ns = h->heap[ROOT].key_ns;

		/*
		 * One that has moved goes back under its true deadline before
		 * anything else, even if that has come too: else a timer due
		 * between the two would come up after it.
		 */
		if (tm->due_ns > key_ns && tm->due_ns != TIMER_NEVER) {
			tm->seq = h->seq++;
			sift_down(h, ROOT, (struct timer_slot){ tm->due_ns, tm });
			continue;
		}
		take_out(h, ROOT);
		tm->slot = 0;
		if (tm->due_ns != TIMER_NEVER)
			return tm;
	}
	return NULL;
}
