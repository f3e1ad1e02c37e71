#include "stress/values.h"

#include <errno.h>

#include "base/clock.h"
#include "stress/units.h"
#include "support/run.h"

static const char *const no_numbers[] = { "", "-1", "+1", " 1", "1 ", "0x10", "1e3",
	"1.0", "one", "9223372036854775808" };

START_TEST(numbers_are_digits)
{
	int64_t n = 7;

	ck_assert_int_eq(value_number(&n, no_numbers[_i]), -EINVAL);
	ck_assert_int_eq(n, 7);
}
END_TEST

START_TEST(numbers)
{
	int64_t n;

	ck_assert_int_eq(value_number(&n, "0"), 0);
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(value_number(&n, "9223372036854775807"), 0);
	ck_assert_int_eq(n, INT64_MAX);
}
END_TEST

START_TEST(ranges)
{
	int64_t min, max;

	ck_assert_int_eq(value_range(&min, &max, "64"), 0);
	ck_assert(min == 64 && max == 64);
	ck_assert_int_eq(value_range(&min, &max, "1-4096"), 0);
	ck_assert(min == 1 && max == 4096);
}
END_TEST

static const char *const no_ranges[] = { "", "-", "5-", "-5", "5-4", "1-2-3", "1..2",
	"5x", "5-6x" };

START_TEST(no_range)
{
	int64_t min = 1, max = 2;

	ck_assert_int_eq(value_range(&min, &max, no_ranges[_i]), -EINVAL);
	ck_assert(min == 1 && max == 2);
}
END_TEST

START_TEST(seconds)
{
	int64_t ns;

	ck_assert_int_eq(value_seconds(&ns, "10"), 0);
	ck_assert_int_eq(ns, SECONDS(10));
	ck_assert_int_eq(value_seconds(&ns, "0.25"), 0);
	ck_assert_int_eq(ns, MILLISECONDS(250));
	ck_assert_int_eq(value_seconds(&ns, "1000000"), 0);
	ck_assert_int_eq(ns, SECONDS(1000000));
}
END_TEST

static const char *const no_seconds[] = { "", ".", "-1", "1s", "1000001", "1e9", "nan",
	"inf", "1.2.3", " 1" };

START_TEST(no_second)
{
	int64_t ns = 7;

	ck_assert_int_eq(value_seconds(&ns, no_seconds[_i]), -EINVAL);
	ck_assert_int_eq(ns, 7);
}
END_TEST

START_TEST(durations)
{
	int64_t ns;

	ck_assert_int_eq(value_duration(&ns, "800ns"), 0);
	ck_assert_int_eq(ns, 800);
	ck_assert_int_eq(value_duration(&ns, "500us"), 0);
	ck_assert_int_eq(ns, MICROSECONDS(500));
	ck_assert_int_eq(value_duration(&ns, "2ms"), 0);
	ck_assert_int_eq(ns, MILLISECONDS(2));
	ck_assert_int_eq(value_duration(&ns, "1.5s"), 0);
	ck_assert_int_eq(ns, MILLISECONDS(1500));
	ck_assert_int_eq(value_duration(&ns, "5"), -EINVAL);
	ck_assert_int_eq(value_duration(&ns, "5 ms"), -EINVAL);
	ck_assert_int_eq(value_duration(&ns, "ms"), -EINVAL);
	ck_assert_int_eq(value_duration(&ns, "5min"), -EINVAL);
}
END_TEST

/* ---- and back to text ---- */

static const struct {
	double ns;
	const char *text;
} times[] = {
	{ 0, "0 ns" },
	{ 870, "870 ns" },
	{ 1000, "1.00 us" },
	{ 12345, "12.3 us" },
	{ 999400, "999 us" },
	{ 999600, "1.00 ms" },
	{ 9996000, "10.0 ms" },
	{ 123456789, "123 ms" },
	{ 61e9, "61.0 s" },
	{ 7200e9, "7200 s" },
};

START_TEST(times_have_three_digits)
{
	char buf[UNITS_TEXT];

	ck_assert_str_eq(units_time(buf, times[_i].ns), times[_i].text);
}
END_TEST

START_TEST(round_times_are_short)
{
	char buf[UNITS_TEXT];

	ck_assert_str_eq(units_round_time(buf, 0), "0 ns");
	ck_assert_str_eq(units_round_time(buf, 500), "500 ns");
	ck_assert_str_eq(units_round_time(buf, 20e3), "20 us");
	ck_assert_str_eq(units_round_time(buf, 2.5e9), "2.5 s");
}
END_TEST

START_TEST(bytes_and_counts)
{
	char buf[UNITS_TEXT];

	ck_assert_str_eq(units_bytes(buf, 512), "512 B");
	ck_assert_str_eq(units_bytes(buf, 79e6), "79.0 MB");
	ck_assert_str_eq(units_count(buf, 0), "0");
	ck_assert_str_eq(units_count(buf, 999), "999");
	ck_assert_str_eq(units_count(buf, 1000), "1,000");
	ck_assert_str_eq(units_count(buf, 1234567), "1,234,567");
	ck_assert_str_eq(units_count(buf, UINT64_MAX), "18,446,744,073,709,551,615");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("values");
	TCase *tc = tcase_create("values");

	tcase_add_loop_test(tc, numbers_are_digits, 0, 10);
	tcase_add_test(tc, numbers);
	tcase_add_test(tc, ranges);
	tcase_add_loop_test(tc, no_range, 0, 9);
	tcase_add_test(tc, seconds);
	tcase_add_loop_test(tc, no_second, 0, 10);
	tcase_add_test(tc, durations);
	tcase_add_loop_test(tc, times_have_three_digits, 0, 10);
	tcase_add_test(tc, round_times_are_short);
	tcase_add_test(tc, bytes_and_counts);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
