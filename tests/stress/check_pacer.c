#include "stress/pacer.h"

#include "base/clock.h"
#include "support/fake_clock.h"
#include "support/run.h"

#define START SECONDS(1000)

/* Take all that is due by now; returns how many. */
static int64_t
take_all(struct pacer *p, int64_t now_ns)
{
	int64_t n = 0, due_ns;

	while (pacer_take(p, now_ns, &due_ns))
		n++;
	return n;
}

START_TEST(due_at_even_intervals)
{
	struct pacer p;
	int64_t due_ns = 0;

	pacer_init(&p, START, 1000, 1, 0);
	for (int i = 0; i < 100; i++) {
		int64_t at = START + MILLISECONDS(i);

		ck_assert_int_eq(p.next_ns, at);
		ck_assert(!pacer_take(&p, at - 1, &due_ns));
		ck_assert(pacer_take(&p, at, &due_ns));
		ck_assert_int_eq(due_ns, at);
		ck_assert(!pacer_take(&p, at, &due_ns));
	}
}
END_TEST

/* A stall moves nothing: what was due meanwhile keeps the time it was due at. */
START_TEST(due_times_do_not_wait)
{
	struct pacer p;
	int64_t due_ns;

	pacer_init(&p, START, 100, 1, 0);
	for (int i = 0; i < 300; i++) {
		ck_assert(pacer_take(&p, START + SECONDS(3), &due_ns));
		ck_assert_int_eq(due_ns, START + MILLISECONDS(10 * i));
	}
}
END_TEST

static const int64_t rates[] = { 1, 3, 7, 49, 1000, 99999, 1000003, 1000000000 };

/* After a long time not one message is missing, whatever the rate: fractions add up. */
START_TEST(rate_is_exact)
{
	int64_t rate = rates[_i], due_ns = 0, wrong = 0;
	struct pacer p;

	pacer_init(&p, START, rate, 1, 0);
	for (int64_t i = 0; i < 3000000; i++) {
		pacer_take(&p, INT64_MAX, &due_ns);
		if (i % rate == 0)
			wrong += due_ns != START + SECONDS(i / rate);
	}
	ck_assert_int_eq(wrong, 0);
}
END_TEST

/* Many that share a rate take turns, evenly spread, and make it up together. */
START_TEST(sharers_take_turns)
{
	struct pacer p[7];
	int64_t due_ns, last_ns = START - 1;

	for (int i = 0; i < 7; i++)
		pacer_init(&p[i], START, 700, 7, i);
	for (int i = 0; i < 700; i++) {
		ck_assert(pacer_take(&p[i % 7], START + SECONDS(1), &due_ns));
		ck_assert_int_gt(due_ns, last_ns);
		ck_assert_int_le(due_ns - last_ns, SECONDS(1) / 700 + 2);
		last_ns = due_ns;
	}
	for (int i = 0; i < 7; i++)
		ck_assert_int_ge(p[i].next_ns, START + SECONDS(1));
}
END_TEST

/* As a client does it: asleep until the next one is due. */
START_TEST(on_the_clock)
{
	struct pacer p;
	int64_t sent = 0;

	fake_clock_set(START);
	pacer_init(&p, fake_clock_ns(), 250, 1, 0);
	while (fake_clock_ns() < START + SECONDS(2)) {
		sent += take_all(&p, fake_clock_ns());
		fake_clock_set(p.next_ns);
	}
	ck_assert_int_eq(sent, 500);
}
END_TEST

START_TEST(gives_up_only_what_is_too_old)
{
	struct pacer p;
	int64_t due_ns, now_ns = START + SECONDS(12);

	pacer_init(&p, START, 10, 1, 0);
	ck_assert_uint_eq(pacer_give_up(&p, now_ns - SECONDS(5)), 70);
	ck_assert(pacer_take(&p, now_ns, &due_ns));
	ck_assert_int_eq(due_ns, START + SECONDS(7));
	ck_assert_int_eq(take_all(&p, now_ns), 50);
	ck_assert_uint_eq(pacer_give_up(&p, now_ns - SECONDS(5)), 0);
}
END_TEST

/* What was due is either taken or given up, and never both. */
START_TEST(nothing_gets_lost)
{
	struct pacer p;
	int64_t taken = 0, given_up = 0, due_ns;

	pacer_init(&p, START, 12345, 1, 0);
	for (int64_t at = START; at < START + SECONDS(10); at += MILLISECONDS(37)) {
		given_up += (int64_t)pacer_give_up(&p, at - MILLISECONDS(100));
		for (int i = 0; i < 300 && pacer_take(&p, at, &due_ns); i++)
			taken++;
	}
	given_up += (int64_t)pacer_give_up(&p, START + SECONDS(10));
	ck_assert_int_gt(given_up, 0);
	ck_assert_int_eq(taken + given_up, 123450);
}
END_TEST

/* Not one more because all of them round down: 7 a second of 5 are due 7 times. */
START_TEST(sharers_are_as_exact_as_one)
{
	uint64_t due = 0;

	for (int i = 0; i < 5; i++) {
		struct pacer p;

		pacer_init(&p, START, 7, 5, i);
		due += pacer_give_up(&p, START + SECONDS(1));
	}
	ck_assert_uint_eq(due, 7);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pacer");
	TCase *tc = tcase_create("pacer");

	tcase_add_test(tc, due_at_even_intervals);
	tcase_add_test(tc, due_times_do_not_wait);
	tcase_add_loop_test(tc, rate_is_exact, 0, 8);
	tcase_add_test(tc, sharers_take_turns);
	tcase_add_test(tc, sharers_are_as_exact_as_one);
	tcase_add_test(tc, on_the_clock);
	tcase_add_test(tc, gives_up_only_what_is_too_old);
	tcase_add_test(tc, nothing_gets_lost);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
