#include "stress/compare.h"

#include "support/run.h"

/* Three targets, five cycles; the machine is half as fast in the second half. */
static double rates[] = {
	100, 150, 50, /**/
	100, 160, 50, /**/
	50, 70, 25,   /**/
	50, 75, 25,   /**/
	50, 80, 30,   /**/
};

static const struct compare five = { .nruns = 3, .rates = rates, .cycles = 5 };

static void
check(struct quartiles q, double q1, double median, double q3)
{
	ck_assert_double_eq_tol(q.q1, q1, 1e-9);
	ck_assert_double_eq_tol(q.median, median, 1e-9);
	ck_assert_double_eq_tol(q.q3, q3, 1e-9);
}

START_TEST(rates_by_target)
{
	check(compare_rate(&five, 0), 50, 50, 100);
	check(compare_rate(&five, 1), 75, 80, 150);
}
END_TEST

/* Within one cycle, so that a slower machine changes nothing. */
START_TEST(ratios_within_the_cycle)
{
	check(compare_ratio(&five, 0), 1, 1, 1);
	check(compare_ratio(&five, 1), 1.5, 1.5, 1.6);
	check(compare_ratio(&five, 2), 0.5, 0.5, 0.5);
}
END_TEST

START_TEST(quartiles_lie_between_two_values)
{
	double two[] = { 10, 20 };
	struct compare c = { .nruns = 1, .rates = two, .cycles = 2 };

	check(compare_rate(&c, 0), 12.5, 15, 17.5);
}
END_TEST

START_TEST(no_cycle_and_a_dead_first_target)
{
	double dead[] = { 0, 100, 50, 100 };
	struct compare none = { .nruns = 2 };
	struct compare c = { .nruns = 2, .rates = dead, .cycles = 2 };

	check(compare_rate(&none, 0), 0, 0, 0);
	check(compare_ratio(&c, 1), 2, 2, 2);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("compare");
	TCase *tc = tcase_create("compare");

	tcase_add_test(tc, rates_by_target);
	tcase_add_test(tc, ratios_within_the_cycle);
	tcase_add_test(tc, quartiles_lie_between_two_values);
	tcase_add_test(tc, no_cycle_and_a_dead_first_target);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
