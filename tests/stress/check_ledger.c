#include "stress/ledger.h"

#include "support/run.h"

#define ALL UINT64_MAX

static struct ledger l;

static void
setup(void)
{
	ck_assert_int_eq(ledger_init(&l, 4), 0);
}

static void
teardown(void)
{
	ledger_release(&l);
}

static bool
answer(uint64_t number, int64_t now_ns)
{
	struct datagram *d = ledger_find(&l, number, ALL);

	ck_assert_ptr_nonnull(d);
	ck_assert_uint_eq(d->number, number);
	return ledger_answer(&l, d, now_ns);
}

static void
lose(uint64_t n)
{
	for (; n > 0; n--)
		ledger_lose(&l, ledger_enter(&l, 0, 1));
}

START_TEST(numbered_in_order)
{
	for (uint64_t i = 0; i < 4; i++)
		ck_assert_uint_eq(ledger_enter(&l, 5, 10)->number, i);
	ck_assert_uint_eq(TAILQ_FIRST(&l.in_flight)->number, 0);
	answer(0, 9);
	ck_assert_uint_eq(TAILQ_FIRST(&l.in_flight)->number, 1);
	ck_assert_uint_eq(ledger_enter(&l, 5, 10)->number, 4);
	ledger_clear(&l);
	ck_assert(TAILQ_EMPTY(&l.in_flight));
	ck_assert_uint_eq(ledger_enter(&l, 5, 10)->number, 0);
}
END_TEST

START_TEST(answered_once)
{
	ledger_enter(&l, 0, 1);
	ck_assert_ptr_null(ledger_find(&l, 1, ALL));
	answer(0, 1);
	ck_assert_ptr_null(ledger_find(&l, 0, ALL));
	ck_assert(!ledger_take_lost(&l, 0, ALL));
}
END_TEST

START_TEST(reordered_is_what_was_overtaken)
{
	for (int i = 0; i < 4; i++)
		ledger_enter(&l, 0, 1);
	ck_assert(!answer(1, 1));
	ck_assert(answer(0, 1));
	ck_assert(!answer(3, 1));
	ck_assert(answer(2, 1));
	ledger_enter(&l, 0, 1);
	ck_assert(!answer(4, 1));
}
END_TEST

START_TEST(late_once)
{
	lose(3);
	ck_assert(ledger_take_lost(&l, 1, ALL));
	ck_assert(!ledger_take_lost(&l, 1, ALL));
	ck_assert(ledger_take_lost(&l, 0, ALL));
	ck_assert(ledger_take_lost(&l, 2, ALL));
	ck_assert(!ledger_take_lost(&l, 2, ALL));
}
END_TEST

START_TEST(long_lost_is_late)
{
	lose(LEDGER_LOST + 10);
	ck_assert(ledger_take_lost(&l, 9, ALL));
	ck_assert(ledger_take_lost(&l, 10, ALL));
	ck_assert(!ledger_take_lost(&l, 10, ALL));
	ck_assert(ledger_take_lost(&l, LEDGER_LOST + 9, ALL));
	ck_assert(!ledger_take_lost(&l, LEDGER_LOST + 9, ALL));
}
END_TEST

START_TEST(number_cut_to_a_byte)
{
	lose(300);
	ledger_enter(&l, 0, 1);
	ck_assert_uint_eq(ledger_find(&l, 300 & 0xff, 0xff)->number, 300);
	ck_assert_ptr_null(ledger_find(&l, 300 & 0xff, ALL));
	ck_assert_ptr_null(ledger_find(&l, 1, 0xff));
	ck_assert(ledger_take_lost(&l, 1, 0xff));
}
END_TEST

START_TEST(spoilt_leaves_room)
{
	for (int i = 0; i < 10; i++)
		ledger_strike(&l, ledger_enter(&l, 0, 1));
	ck_assert(TAILQ_EMPTY(&l.in_flight));
	ck_assert(!ledger_take_lost(&l, 3, ALL));
}
END_TEST

/* RFC 3550, 6.4.1: a sixteenth of each difference. */
START_TEST(jitter)
{
	static const int64_t transit_ns[] = { 1000, 1000, 1160, 1000 };
	static const double want[] = { 0, 0, 10, 10 + (160.0 - 10) / 16 };

	for (uint64_t i = 0; i < 4; i++) {
		ledger_enter(&l, (int64_t)i * 5000, 1);
		answer(i, (int64_t)i * 5000 + transit_ns[i]);
		ck_assert_double_eq_tol(l.jitter_ns, want[i], 1e-9);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ledger");
	TCase *tc = tcase_create("ledger");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, numbered_in_order);
	tcase_add_test(tc, answered_once);
	tcase_add_test(tc, reordered_is_what_was_overtaken);
	tcase_add_test(tc, late_once);
	tcase_add_test(tc, long_lost_is_late);
	tcase_add_test(tc, number_cut_to_a_byte);
	tcase_add_test(tc, spoilt_leaves_room);
	tcase_add_test(tc, jitter);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
