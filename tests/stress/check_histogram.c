#include "stress/histogram.h"

#include <stdlib.h>

#include "base/clock.h"
#include "support/run.h"

static struct histogram *h, *other;

static void
make(void)
{
	h = calloc(1, sizeof(*h));
	other = calloc(1, sizeof(*other));
}

static void
throw_away(void)
{
	free(h);
	free(other);
}

/* ---- buckets ---- */

/* Buckets follow one another without a gap, and none is wider than it may be. */
START_TEST(buckets_are_in_order_and_narrow)
{
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		int64_t low = histogram_floor_ns(i);
		int64_t high = histogram_floor_ns(i + 1) - 1;

		ck_assert_uint_eq(histogram_bucket(low), i);
		ck_assert_uint_eq(histogram_bucket(high), i);
		ck_assert_int_le((high - low) * 1000, low > 0 ? low : 0);
	}
	ck_assert_int_eq(histogram_floor_ns(HISTOGRAM_BUCKETS) - 1, HISTOGRAM_MAX_NS);
}
END_TEST

START_TEST(range_is_a_nanosecond_to_two_hours)
{
	ck_assert_uint_eq(histogram_bucket(1), 1);
	ck_assert_int_gt(HISTOGRAM_MAX_NS, SECONDS(2 * 3600));
}
END_TEST

START_TEST(beyond_the_range_counts_at_its_ends)
{
	histogram_record(h, -5);
	histogram_record(h, INT64_MAX);
	ck_assert_uint_eq(h->count, 2);
	ck_assert_int_eq(h->min_ns, 0);
	ck_assert_int_eq(h->max_ns, HISTOGRAM_MAX_NS);
	ck_assert_int_eq(histogram_percentile_ns(h, 100), HISTOGRAM_MAX_NS);
}
END_TEST

/* ---- figures ---- */

START_TEST(empty)
{
	ck_assert_int_eq(histogram_percentile_ns(h, 50), 0);
	ck_assert_double_eq(histogram_mean_ns(h), 0);
}
END_TEST

START_TEST(one_value_is_every_percentile)
{
	histogram_record(h, 123456789);
	ck_assert_int_eq(histogram_percentile_ns(h, 0.001), 123456789);
	ck_assert_int_eq(histogram_percentile_ns(h, 50), 123456789);
	ck_assert_int_eq(histogram_percentile_ns(h, 100), 123456789);
	ck_assert_int_eq(h->min_ns, 123456789);
	ck_assert_int_eq(h->max_ns, 123456789);
}
END_TEST

/* Up to 2047 every value has a bucket of its own, so percentiles are exact. */
START_TEST(small_values_are_exact)
{
	for (int i = 1; i <= 1000; i++)
		histogram_record(h, i);
	ck_assert_int_eq(histogram_percentile_ns(h, 0), 1);
	ck_assert_int_eq(histogram_percentile_ns(h, 0.1), 1);
	ck_assert_int_eq(histogram_percentile_ns(h, 50), 500);
	ck_assert_int_eq(histogram_percentile_ns(h, 90), 900);
	ck_assert_int_eq(histogram_percentile_ns(h, 99), 990);
	ck_assert_int_eq(histogram_percentile_ns(h, 99.9), 999);
	ck_assert_int_eq(histogram_percentile_ns(h, 100), 1000);
	ck_assert_double_eq(histogram_mean_ns(h), 500.5);
}
END_TEST

/* As doubles, 4.4 % of 750 are a little more than 33. */
START_TEST(a_rounding_error_is_not_a_value)
{
	for (int i = 1; i <= 750; i++)
		histogram_record(h, i);
	ck_assert_int_eq(histogram_percentile_ns(h, 4.4), 33);
}
END_TEST

/* Half of three is two of them: a percentile is never less than it says. */
START_TEST(parts_of_a_value_count_as_one)
{
	for (int i = 1; i <= 3; i++)
		histogram_record(h, i);
	ck_assert_int_eq(histogram_percentile_ns(h, 50), 2);
	ck_assert_int_eq(histogram_percentile_ns(h, 67), 3);
}
END_TEST

static int
ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Against the sorted values themselves, over nine orders of magnitude. */
START_TEST(percentiles_are_right_to_a_thousandth)
{
	static const double percents[] = { 1, 10, 50, 90, 99, 99.9, 99.99 };
	static int64_t values[100000];
	int n = 100000;

	srand(1);
	for (int i = 0; i < n; i++) {
		values[i] = (rand() % 1000 + 1) * (INT64_C(1) << (rand() % 30));
		histogram_record(h, values[i]);
	}
	qsort(values, (size_t)n, sizeof(*values), ascending);
	for (size_t i = 0; i < 7; i++) {
		int64_t is = histogram_percentile_ns(h, percents[i]);
		int64_t want = values[(int)(n * percents[i] / 100 + 0.5) - 1];

		ck_assert_int_ge(is, want);
		ck_assert_int_le((is - want) * 1000, want);
	}
	ck_assert_int_eq(h->min_ns, values[0]);
	ck_assert_int_eq(h->max_ns, values[n - 1]);
}
END_TEST

/* Of two values, the median is the lower one: the upper end of no other bucket. */
START_TEST(never_above_the_maximum)
{
	histogram_record(h, 1000000);
	histogram_record(h, 1000001);
	ck_assert_int_le(histogram_percentile_ns(h, 50), 1000001);
	ck_assert_int_eq(histogram_percentile_ns(h, 100), 1000001);
}
END_TEST

/* ---- adding ---- */

START_TEST(merged_is_as_if_recorded_in_one)
{
	static struct histogram both;

	histogram_clear(&both);
	srand(2);
	for (int i = 0; i < 10000; i++) {
		int64_t ns = rand();

		histogram_record(i % 3 == 0 ? h : other, ns);
		histogram_record(&both, ns);
	}
	histogram_merge(h, other);
	ck_assert_mem_eq(h, &both, sizeof(both));
}
END_TEST

START_TEST(merge_with_the_empty)
{
	histogram_record(h, 77);
	histogram_merge(h, other);
	histogram_merge(other, h);
	ck_assert_mem_eq(h, other, sizeof(*h));
	ck_assert_int_eq(other->min_ns, 77);
	histogram_clear(h);
	ck_assert_uint_eq(h->count, 0);
	ck_assert_int_eq(histogram_percentile_ns(h, 50), 0);
}
END_TEST

START_TEST(counts_between)
{
	for (int i = 0; i < 100; i++)
		histogram_record(h, i);
	ck_assert_uint_eq(histogram_between(h, 0, 100), 100);
	ck_assert_uint_eq(histogram_between(h, 10, 20), 10);
	ck_assert_uint_eq(histogram_between(h, 99, INT64_MAX), 1);
	ck_assert_uint_eq(histogram_between(h, 100, INT64_MAX), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("histogram");
	TCase *tc = tcase_create("histogram");

	tcase_add_checked_fixture(tc, make, throw_away);
	tcase_add_test(tc, buckets_are_in_order_and_narrow);
	tcase_add_test(tc, range_is_a_nanosecond_to_two_hours);
	tcase_add_test(tc, beyond_the_range_counts_at_its_ends);
	tcase_add_test(tc, empty);
	tcase_add_test(tc, one_value_is_every_percentile);
	tcase_add_test(tc, small_values_are_exact);
	tcase_add_test(tc, a_rounding_error_is_not_a_value);
	tcase_add_test(tc, parts_of_a_value_count_as_one);
	tcase_add_test(tc, percentiles_are_right_to_a_thousandth);
	tcase_add_test(tc, never_above_the_maximum);
	tcase_add_test(tc, merged_is_as_if_recorded_in_one);
	tcase_add_test(tc, merge_with_the_empty);
	tcase_add_test(tc, counts_between);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
