/* The timer heap, against an array that is searched from end to end. */
#include "loop/timers.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "support/failing.h"
#include "support/run.h"

#define TIMERS	   300u
#define OPERATIONS 10000

/* ---- the heap and its model ---- */

static struct timers heap;
static struct timer timers[TIMERS];
static int64_t model[TIMERS]; /* when each is due; TIMER_NEVER: not set */

static void
begin(void)
{
	memset(&heap, 0, sizeof(heap));
	memset(timers, 0, sizeof(timers));
	for (size_t i = 0; i < TIMERS; i++)
		model[i] = timers[i].due_ns = TIMER_NEVER;
	ck_assert_int_eq(timers_reserve(&heap, TIMERS), 0);
}

static void
end(void)
{
	timers_release(&heap);
}

static int64_t
earliest(void)
{
	int64_t min = TIMER_NEVER;

	for (size_t i = 0; i < TIMERS; i++)
		min = model[i] < min ? model[i] : min;
	return min;
}

/* Everything the header promises of the inside.  (An assertion each would be slow.) */
static bool
is_sound(void)
{
	uint32_t in_heap = 0;
	bool sound = heap.count <= heap.room && timers_next_ns(&heap) <= earliest();

	for (uint32_t i = 1; i <= heap.count; i++) {
		const struct timer_slot *s = &heap.heap[i];

		sound &= s->timer->slot == i && s->key_ns <= s->timer->due_ns;
		sound &= i == 1 || s->key_ns >= heap.heap[(i - 2) / 4 + 1].key_ns;
	}
	for (size_t i = 0; i < TIMERS; i++) {
		in_heap += timers[i].slot != 0;
		sound &= timers[i].due_ns == model[i];
		sound &= model[i] == TIMER_NEVER || timers[i].slot != 0;
	}
	return sound && in_heap == heap.count;
}

/* Let time come to now_ns: all that are due, soonest first, and no other. */
static void
come_to(int64_t now_ns)
{
	struct timer *tm;

	while ((tm = timers_due(&heap, now_ns)) != NULL) {
		if (tm->due_ns != earliest() || tm->due_ns > now_ns || tm->slot != 0)
			ck_abort_msg("due at %jd, wrongly", (intmax_t)tm->due_ns);
		tm->due_ns = model[tm - timers] = TIMER_NEVER;
	}
	ck_assert_int_gt(earliest(), now_ns);
}

static void
set(size_t i, int64_t due_ns)
{
	timers_set(&heap, &timers[i], due_ns);
	model[i] = due_ns;
}

static void
clear(size_t i)
{
	timers_clear(&heap, &timers[i]);
	model[i] = TIMER_NEVER;
}

static void
disarm(size_t i)
{
	timers_disarm(&timers[i]);
	model[i] = TIMER_NEVER;
}

/* ---- random operations ---- */

static uint32_t
random_below(uint64_t *state, uint32_t n)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(*state >> 33) % n;
}

/* As few as are in use, or room for all: the heap shrinks and grows under them. */
static void
resize(uint64_t *state)
{
	uint32_t n = random_below(state, 2) ? TIMERS : heap.count;

	ck_assert(timers_reserve(&heap, n) == 0 && is_sound());
	ck_assert(timers_reserve(&heap, TIMERS) == 0);
}

static void
operate(uint64_t *state, int64_t *now_ns, uint32_t span)
{
	size_t i = random_below(state, TIMERS);

	switch (random_below(state, 16)) {
	case 0:
		clear(i);
		break;
	case 1:
		disarm(i);
		break;
	case 2:
		*now_ns += random_below(state, span / 4);
		come_to(*now_ns);
		break;
	case 3:
		resize(state);
		break;
	case 4: /* already past */
		set(i, *now_ns - random_below(state, span));
		break;
	default: /* sooner or later than it was */
		set(i, *now_ns + random_below(state, span));
		break;
	}
}

/* Short spans have many equal keys, long ones few. */
START_TEST(behaves_as_a_sorted_array)
{
	static const uint32_t spans[] = { 8, 100, 1000000 };
	uint64_t state = (uint64_t)_i;
	int64_t now_ns = 1000;

	for (int n = 0; n < OPERATIONS; n++) {
		operate(&state, &now_ns, spans[_i % 3]);
		if (n % 16 == 0)
			ck_assert(is_sound());
	}
	come_to(TIMER_NEVER - 1);
	ck_assert_uint_eq(heap.count, 0);
	ck_assert_int_eq(timers_next_ns(&heap), TIMER_NEVER);
}
END_TEST

/* ---- order ---- */

START_TEST(equal_times_come_in_order_of_entering)
{
	for (size_t i = 0; i < TIMERS; i++)
		set(i, 5);
	for (size_t i = 0; i < TIMERS; i++)
		ck_assert_ptr_eq(timers_due(&heap, 5), &timers[i]);
	ck_assert_ptr_null(timers_due(&heap, 5));
}
END_TEST

START_TEST(order_survives_the_wrap_of_seq)
{
	heap.seq = UINT32_MAX - TIMERS / 2;
	for (size_t i = 0; i < TIMERS; i++)
		set(i, 5);
	ck_assert_uint_lt(heap.seq, TIMERS); /* it has wrapped */
	for (size_t i = 0; i < TIMERS; i++)
		ck_assert_ptr_eq(timers_due(&heap, 5), &timers[i]);
}
END_TEST

/* ---- lazy moves ---- */

START_TEST(moving_later_costs_no_heap_work)
{
	set(0, 10);
	set(1, 20);
	for (int64_t due_ns = 11; due_ns < 100; due_ns++)
		set(0, due_ns);
	ck_assert_uint_eq(timers[0].slot, 1);
	ck_assert_int_eq(timers_next_ns(&heap), 10); /* its old key */

	ck_assert_ptr_null(timers_due(&heap, 10));
	ck_assert_int_eq(timers_next_ns(&heap), 20);
	ck_assert_ptr_eq(timers_due(&heap, 1000), &timers[1]);
	ck_assert_ptr_eq(timers_due(&heap, 1000), &timers[0]);
}
END_TEST

/* Old keys 1 and 2, and all are past: the deadlines count, not the keys. */
START_TEST(one_moved_later_comes_after_one_due_in_between)
{
	set(0, 1);
	set(1, 2);
	set(0, 3);
	ck_assert_ptr_eq(timers_due(&heap, 5), &timers[1]);
	ck_assert_ptr_eq(timers_due(&heap, 5), &timers[0]);
}
END_TEST

START_TEST(one_moved_later_enters_anew)
{
	set(0, 1);
	set(1, 3);
	set(0, 3);
	ck_assert_ptr_null(timers_due(&heap, 1)); /* enters again, behind the other */
	ck_assert_ptr_eq(timers_due(&heap, 3), &timers[1]);
	ck_assert_ptr_eq(timers_due(&heap, 3), &timers[0]);
}
END_TEST

START_TEST(disarmed_never_comes_up_and_gives_its_slot_back)
{
	set(0, 10);
	disarm(0);
	ck_assert_uint_eq(heap.count, 1);
	ck_assert_ptr_null(timers_due(&heap, 9));
	ck_assert_uint_eq(heap.count, 1);
	ck_assert_ptr_null(timers_due(&heap, 10));
	ck_assert_uint_eq(heap.count, 0);
	ck_assert_uint_eq(timers[0].slot, 0);
}
END_TEST

/* The last slot fills the gap, and may have to go up: it comes of another branch. */
START_TEST(the_gap_may_be_filled_from_below_to_above)
{
	static const int64_t dues[] = { 1, 100, 2, 3, 4, 101, 102, 103, 104, 5 };

	for (size_t i = 0; i < ARRAY_SIZE(dues); i++)
		set(i, dues[i]);
	clear(TIMERS - 1); /* is in no heap: nothing */
	clear(5); /* a child of the one due at 100: the last, due at 5, fills it */
	ck_assert(is_sound());
	come_to(200);
}
END_TEST

/* ---- memory ---- */

START_TEST(memory_comes_back_in_steps)
{
	struct timers h = { 0 };

	ck_assert_int_eq(timers_reserve(&h, 10000), 0);
	ck_assert_uint_ge(h.room, 10000);
	ck_assert_int_eq(timers_reserve(&h, h.room / 2), 0);
	ck_assert_uint_ge(h.room, 10000); /* not yet: it may be wanted again */
	ck_assert_int_eq(timers_reserve(&h, 2500), 0);
	ck_assert_uint_lt(h.room, 10000);
	ck_assert_uint_ge(h.room, 2500);
	ck_assert_int_eq(timers_reserve(&h, 0), 0);
	ck_assert_uint_le(h.room, 64);
	timers_release(&h);
	ck_assert_ptr_null(h.heap);
}
END_TEST

START_TEST(without_memory_all_stays_as_it_is)
{
	uint32_t room = heap.room;

	set(0, 1);
	set(1, 2);
	failing_nth("realloc", 1, ENOMEM);
	ck_assert_int_eq(timers_reserve(&heap, 2 * room), -ENOMEM);
	ck_assert(failing_end());
	ck_assert_uint_eq(heap.room, room);

	failing_nth("realloc", 1, ENOMEM); /* it would not even have to grow */
	ck_assert_int_eq(timers_reserve(&heap, 0), 0);
	ck_assert(failing_end());
	ck_assert_uint_eq(heap.room, room);
	ck_assert(is_sound());
	come_to(2);
}
END_TEST

START_TEST(shrinking_loses_no_slot)
{
	struct timer many[1024] = { 0 };
	struct timers h = { 0 };

	ck_assert_int_eq(timers_reserve(&h, ARRAY_SIZE(many)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		timers_set(&h, &many[i], (int64_t)i);
	for (uint32_t left = ARRAY_SIZE(many); left-- > 0;) {
		ck_assert_ptr_eq(timers_due(&h, TIMER_NEVER - 1), &many[1023 - left]);
		ck_assert(timers_reserve(&h, left) == 0 && h.room >= left);
	}
	timers_release(&h);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("timers");
	TCase *tc = tcase_create("timers");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_loop_test(tc, behaves_as_a_sorted_array, 0, 6);
	tcase_add_test(tc, equal_times_come_in_order_of_entering);
	tcase_add_test(tc, order_survives_the_wrap_of_seq);
	tcase_add_test(tc, moving_later_costs_no_heap_work);
	tcase_add_test(tc, one_moved_later_comes_after_one_due_in_between);
	tcase_add_test(tc, one_moved_later_enters_anew);
	tcase_add_test(tc, disarmed_never_comes_up_and_gives_its_slot_back);
	tcase_add_test(tc, the_gap_may_be_filled_from_below_to_above);
	tcase_add_test(tc, memory_comes_back_in_steps);
	tcase_add_test(tc, without_memory_all_stays_as_it_is);
	tcase_add_test(tc, shrinking_loses_no_slot);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
