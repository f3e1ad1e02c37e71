#include "base/bucket.h"

#include "base/clock.h"
#include "support/run.h"

#define START_NS SECONDS(1000)

static struct bucket b;
static struct bucket_rule rule;

static void
fixture(void)
{
	b = (struct bucket){ 0 };
	rule = bucket_rule(10, 3);
}

static int
takes(int64_t at_ns)
{
	int n = 0;

	while (n < 100 && bucket_take(&b, &rule, at_ns))
		n++;
	return n;
}

START_TEST(a_new_one_is_full)
{
	ck_assert_int_eq(rule.every_ns, MILLISECONDS(100));
	ck_assert_int_eq(takes(START_NS), 3);
	ck_assert_int_eq(takes(START_NS), 0);
}
END_TEST

START_TEST(tokens_come_one_by_one)
{
	ck_assert_int_eq(takes(START_NS), 3);
	ck_assert_int_eq(takes(START_NS + MILLISECONDS(100) - 1), 0);
	ck_assert_int_eq(takes(START_NS + MILLISECONDS(100)), 1);
	ck_assert_int_eq(takes(START_NS + MILLISECONDS(250)), 1);
	ck_assert_int_eq(takes(START_NS + MILLISECONDS(300)), 1);
}
END_TEST

START_TEST(no_more_come_than_there_is_room)
{
	ck_assert_int_eq(takes(START_NS), 3);
	ck_assert_int_eq(takes(START_NS + SECONDS(100)), 3);
	ck_assert_int_eq(takes(START_NS + SECONDS(100) + MILLISECONDS(100)), 1);
}
END_TEST

START_TEST(what_is_refused_costs_nothing)
{
	ck_assert_int_eq(takes(START_NS), 3);
	for (int i = 0; i < 1000; i++)
		ck_assert(!bucket_take(&b, &rule, START_NS));
	ck_assert_int_eq(takes(START_NS + MILLISECONDS(100)), 1);
}
END_TEST

START_TEST(no_limit_is_none)
{
	rule = bucket_rule(0, 0);
	ck_assert_int_eq(takes(START_NS), 100);
	ck_assert_int_eq(bucket_reserve(&b, &rule, START_NS), 0);
	ck_assert_int_eq(b.full_ns, 0);
}
END_TEST

START_TEST(those_who_reserve_are_served_in_turn)
{
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(bucket_reserve(&b, &rule, START_NS), 0);
	for (int i = 1; i < 5; i++)
		ck_assert_int_eq(bucket_reserve(&b, &rule, START_NS),
		    MILLISECONDS(100) * i);
	ck_assert(!bucket_take(&b, &rule, START_NS + MILLISECONDS(400)));
	ck_assert_int_eq(bucket_reserve(&b, &rule, START_NS + MILLISECONDS(500)), 0);
	ck_assert_int_eq(bucket_reserve(&b, &rule, START_NS + MILLISECONDS(500)),
	    MILLISECONDS(100));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("bucket");
	TCase *tc = tcase_create("bucket");

	tcase_add_checked_fixture(tc, fixture, NULL);
	tcase_add_test(tc, a_new_one_is_full);
	tcase_add_test(tc, tokens_come_one_by_one);
	tcase_add_test(tc, no_more_come_than_there_is_room);
	tcase_add_test(tc, what_is_refused_costs_nothing);
	tcase_add_test(tc, no_limit_is_none);
	tcase_add_test(tc, those_who_reserve_are_served_in_turn);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
