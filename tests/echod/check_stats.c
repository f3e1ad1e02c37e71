#include "echod/stats.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "support/run.h"

static char text[STATS_TEXT];

START_TEST(a_line_has_every_figure)
{
	struct stats s = { .started_ns = SECONDS(10),
		.connections = 1,
		.accepted = 2,
		.refused = 3,
		.bytes = 4,
		.accept_pauses = 5 };

	for (int r = 0; r < REASONS; r++)
		s.ended[r] = 10 + (uint64_t)r;
	ck_assert_ptr_eq(stats_format(&s, MILLISECONDS(11500), text), text);
	ck_assert_str_eq(text,
	    "1.5 s up, 1 connections open, 2 accepted, 4 bytes echoed, 5 accept "
	    "pauses; "
	    "ended by eof 10 idle 11 reset 12 limit 13 denied 14 drain 15 error 16");
}
END_TEST

START_TEST(the_largest_figures_fit)
{
	struct stats s = { .connections = UINT64_MAX,
		.accepted = UINT64_MAX,
		.refused = UINT64_MAX,
		.bytes = UINT64_MAX,
		.accept_pauses = UINT64_MAX,
		.reload_failed = true };

	for (int r = 0; r < REASONS; r++)
		s.ended[r] = UINT64_MAX;
	stats_format(&s, INT64_MAX, text);
	ck_assert_ptr_nonnull(strstr(text, " error 18446744073709551615"));
	ck_assert_str_eq(stats_status(&s, text),
	    "The last reload failed, see the log; 18446744073709551615 connections, "
	    "18.4 EB echoed, 18446744073709551615 refused");
}
END_TEST

static const struct {
	uint64_t bytes;
	const char *text;
} sizes[] = {
	{ 0, "0 bytes" },
	{ 999, "999 bytes" },
	{ 1000, "1.0 kB" },
	{ 999949, "999.9 kB" },
	{ 999950, "1.0 MB" },
	{ 1000000, "1.0 MB" },
	{ 1240000000, "1.2 GB" },
	{ 5000000000000, "5.0 TB" },
	{ 6000000000000000, "6.0 PB" },
};

START_TEST(bytes_have_a_unit)
{
	struct stats s = { .connections = 2, .bytes = sizes[_i].bytes, .refused = 3 };
	char wanted[STATS_TEXT];

	snprintf(wanted, sizeof(wanted), "2 connections, %s echoed, 3 refused",
	    sizes[_i].text);
	ck_assert_str_eq(stats_status(&s, text), wanted);
}
END_TEST

START_TEST(one_connection_is_no_plural)
{
	struct stats s = { .connections = 1 };

	ck_assert_str_eq(stats_status(&s, text),
	    "1 connection, 0 bytes echoed, 0 refused");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("stats");
	TCase *tc = tcase_create("stats");

	tcase_add_test(tc, a_line_has_every_figure);
	tcase_add_test(tc, the_largest_figures_fit);
	tcase_add_loop_test(tc, bytes_have_a_unit, 0, ARRAY_SIZE(sizes));
	tcase_add_test(tc, one_connection_is_no_plural);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
