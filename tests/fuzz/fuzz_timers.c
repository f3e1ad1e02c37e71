/* fuzz_timers.c - the heap of timers against an array that is looked through. */
#include "fuzz/fuzz.h"

#include "loop/timers.h"

#define TIMERS 200 /* some levels of the heap, and more than the least room */

/* The model: what a timer was last told, and whether it has stayed where it entered. */
struct model {
	int64_t due_ns;
	int64_t
	    entered; /* in which order; -1: moved since, so nothing is known of it */
};

static struct timer timers[TIMERS];
static struct model models[TIMERS];
static struct timers heap;
static int64_t now_ns, entries;

static int64_t
earliest_ns(void)
{
	int64_t due_ns = TIMER_NEVER;

	for (int i = 0; i < TIMERS; i++)
		if (models[i].due_ns < due_ns)
			due_ns = models[i].due_ns;
	return due_ns;
}

static void
set(int i, int64_t due_ns)
{
	models[i].entered = timers[i].slot == 0 ? entries++ : -1;
	models[i].due_ns = due_ns;
	timers_set(&heap, &timers[i], due_ns);
}

/* Equal times come in order of entering. */
static void
check_order(const struct model *m, int64_t *last_due_ns, int64_t *last_entered)
{
	if (m->due_ns == *last_due_ns && m->entered >= 0)
		REQUIRE(m->entered > *last_entered);
	if (m->due_ns != *last_due_ns)
		*last_entered = -1;
	if (m->entered >= 0)
		*last_entered = m->entered;
	*last_due_ns = m->due_ns;
}

/* All that are due come, the earliest first, and no other. */
static void
drain(void)
{
	int64_t last_due_ns = -1, last_entered = -1;
	struct timer *tm;

	while ((tm = timers_due(&heap, now_ns)) != NULL) {
		struct model *m = &models[tm - timers];

		REQUIRE(m->due_ns <= now_ns);
		REQUIRE(m->due_ns == earliest_ns());
		REQUIRE(tm->slot == 0);
		check_order(m, &last_due_ns, &last_entered);
		m->due_ns = TIMER_NEVER;
	}
	REQUIRE(earliest_ns() > now_ns);
	REQUIRE(timers_next_ns(&heap) > now_ns);
}

static void
step(struct fuzz *in)
{
	unsigned what = (unsigned)fuzz_number(in, 1);
	int i = (int)(fuzz_number(in, 1) % TIMERS);

	switch (what % 8) {
	case 0:
	case 1:
	case 2: /* soon, so that many are equal */
		set(i, now_ns + (int64_t)fuzz_number(in, 1) % 16);
		break;
	case 3:
		set(i, now_ns + (int64_t)fuzz_number(in, 3));
		break;
	case 4:
		timers_disarm(&timers[i]);
		models[i].due_ns = TIMER_NEVER;
		break;
	case 5:
		timers_clear(&heap, &timers[i]);
		models[i].due_ns = TIMER_NEVER;
		REQUIRE(timers[i].slot == 0);
		break;
	case 6:
		now_ns += what / 8;
		drain();
		break;
	case 7:
		REQUIRE(timers_any(&heap) == (earliest_ns() != TIMER_NEVER));
		REQUIRE(timers_reserve(&heap, TIMERS + what * 16u) == 0);
		break;
	}
	REQUIRE(timers_next_ns(&heap) <= earliest_ns());
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz in = { data, size };

	memset(timers, 0, sizeof(timers));
	for (int i = 0; i < TIMERS; i++)
		models[i] = (struct model){ .due_ns = TIMER_NEVER };
	now_ns = entries = 0;
	REQUIRE(timers_reserve(&heap, TIMERS) == 0);

	while (in.size > 0)
		step(&in);
	now_ns = TIMER_NEVER - 1;
	drain();
	REQUIRE(!timers_any(&heap) && heap.count == 0);
	timers_release(&heap);
	return 0;
}
