/* What is written, and what is left out; where to is in check_log_sink.c. */
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_sink.h"
#include "support/captured.h"
#include "support/run.h"

#define FULL (LOG_LINE_SIZE - (int)strlen("<6>\n"))

static int out; /* where to read what was logged */

/* Standard error is "the journal": its prefix is short and always the same. */
static void
become_journal(void)
{
	char stream[64];
	struct stat st;

	out = stderr_becomes_pipe();
	fstat(STDERR_FILENO, &st);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
}

static void
ck_logged(const char *text)
{
	ck_assert_str_eq(captured(out), text);
}

/* ---- lines ---- */

START_TEST(each_level_has_its_priority)
{
	log_open(LOG_LEVEL_DEBUG, LOG_TARGET_AUTO);
	log_debug("d");
	log_info("i %d", 1);
	log_warning("w");
	log_error("e %s", "2");
	ck_logged("<7>d\n<6>i 1\n<4>w\n<3>e 2\n");
}
END_TEST

START_TEST(levels_below_the_least_are_left_out)
{
	log_open(LOG_LEVEL_WARNING, LOG_TARGET_AUTO);
	log_debug("d");
	log_info("i");
	log_warning("w");
	ck_logged("<4>w\n");
	ck_assert(!log_wants(LOG_LEVEL_INFO));
	ck_assert(log_wants(LOG_LEVEL_WARNING));
	ck_assert(log_wants(LOG_LEVEL_ERROR));
	ck_assert_uint_eq(log_dropped(), 0);
}
END_TEST

START_TEST(unopened_it_writes_info_to_auto)
{
	ck_assert(!log_wants(LOG_LEVEL_DEBUG));
	log_debug("d");
	log_info("i");
	ck_logged("<6>i\n");
}
END_TEST

START_TEST(it_can_be_opened_again)
{
	log_open(LOG_LEVEL_ERROR, LOG_TARGET_AUTO);
	log_info("no");
	log_open(LOG_LEVEL_INFO, LOG_TARGET_AUTO);
	log_info("yes");
	ck_logged("<6>yes\n");
}
END_TEST

START_TEST(control_characters_are_replaced)
{
	log_info("a\nb\rc\td\x1b[31m\x7f%s", "\x01 \xc3\xa9 ~");
	ck_logged("<6>a?b?c?d?[31m?? \xc3\xa9 ~\n");
}
END_TEST

START_TEST(no_text_is_a_line_too)
{
	log_open(LOG_LEVEL_INFO, LOG_TARGET_AUTO);
	log_info("%s", "");
	log_info("next");
	ck_logged("<6>\n<6>next\n");
}
END_TEST

START_TEST(errno_is_kept)
{
	close(STDERR_FILENO);
	errno = ENOENT;
	log_info("lost");
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(longest_line_is_whole)
{
	const char *text;

	log_info("%0*d", FULL, 7);
	text = captured(out);
	ck_assert_uint_eq(strlen(text), LOG_LINE_SIZE);
	ck_assert_str_eq(text + strlen(text) - 3, "07\n");
}
END_TEST

START_TEST(longer_line_is_cut)
{
	const char *text;

	log_info("%0*d", FULL + 1, 7);
	text = captured(out);
	ck_assert_uint_eq(strlen(text), LOG_LINE_SIZE);
	ck_assert_str_eq(text + strlen(text) - 5, "0...\n");
}
END_TEST

/* ---- lines that are lost ---- */

/* Nobody reads; a test that blocks fails by Check's time limit. */
static void
fill(void)
{
	while (log_dropped() == 0)
		log_info("%0500d", 1);
}

START_TEST(lost_lines_are_counted_and_told_once)
{
	fill();
	log_info("lost too");
	log_info("and lost");
	ck_assert_uint_eq(log_dropped(), 3);

	captured(out);
	log_info("again");
	log_info("and again");
	ck_logged("<4>3 lines of log were lost\n<6>again\n<6>and again\n");
	ck_assert_uint_eq(log_dropped(), 3);
}
END_TEST

START_TEST(losses_are_told_whatever_the_level)
{
	fill();
	log_open(LOG_LEVEL_ERROR, LOG_TARGET_AUTO);
	captured(out);
	log_info("not wanted");
	ck_logged("");
	log_error("wanted");
	ck_logged("<4>1 lines of log were lost\n<3>wanted\n");
}
END_TEST

/* ---- lines of one kind ---- */

static struct log_kind kind = { .what = "things" };

/* How many of n lines, asked for at the same time, are admitted? */
static int
admitted(int n, int64_t now_ns)
{
	int yes = 0;

	for (int i = 0; i < n; i++)
		yes += log_admits(&kind, LOG_LEVEL_INFO, now_ns);
	return yes;
}

START_TEST(a_burst_is_admitted_and_no_more)
{
	ck_assert_int_eq(admitted(LOG_BURST + 5, SECONDS(100)), LOG_BURST);
	ck_assert_uint_eq(kind.left_out, 5);
	ck_logged("");
}
END_TEST

START_TEST(the_rate_is_kept_in_the_long_run)
{
	int yes = 0;

	admitted(LOG_BURST, 0);
	for (int64_t ms = 1; ms <= 60000; ms++)
		yes += log_admits(&kind, LOG_LEVEL_INFO, MILLISECONDS(ms));
	ck_assert_int_eq(yes, 60 * LOG_PER_SECOND);
}
END_TEST

START_TEST(silence_earns_one_burst_and_no_more)
{
	const int64_t refill_ns = SECONDS(1) * LOG_BURST / LOG_PER_SECOND;

	admitted(LOG_BURST, 0);
	ck_assert_int_eq(admitted(LOG_BURST, refill_ns / 2), LOG_BURST / 2);
	ck_assert_int_eq(admitted(LOG_BURST * 2, SECONDS(3600)), LOG_BURST);
}
END_TEST

START_TEST(left_out_is_told_before_the_next)
{
	admitted(LOG_BURST + 7, 0);
	ck_assert(log_admits(&kind, LOG_LEVEL_WARNING, SECONDS(1)));
	ck_logged("<6>7 more about things left out\n");
	ck_assert_uint_eq(kind.left_out, 0);
	ck_assert(log_admits(&kind, LOG_LEVEL_WARNING, SECONDS(1)));
	ck_logged("");
}
END_TEST

START_TEST(settle_tells_what_was_left_out_once)
{
	admitted(LOG_BURST, 0);
	log_admits(&kind, LOG_LEVEL_WARNING, 0);
	log_admits(&kind, LOG_LEVEL_WARNING, 0);
	log_settle(&kind);
	log_settle(&kind);
	ck_logged("<4>2 more about things left out\n");
}
END_TEST

START_TEST(a_level_that_is_off_costs_and_counts_nothing)
{
	for (int i = 0; i < LOG_BURST * 2; i++)
		ck_assert(!log_admits(&kind, LOG_LEVEL_DEBUG, 0));
	ck_assert_uint_eq(kind.left_out, 0);
	ck_assert_int_eq(admitted(LOG_BURST, 0), LOG_BURST);
}
END_TEST

START_TEST(kinds_are_limited_apart)
{
	struct log_kind other = { .what = "others" };

	admitted(LOG_BURST + 1, 0);
	ck_assert(log_admits(&other, LOG_LEVEL_INFO, 0));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("log");
	TCase *lines = tcase_create("lines"), *lost = tcase_create("lost");
	TCase *kinds = tcase_create("kinds");

	tcase_add_checked_fixture(lines, become_journal, NULL);
	tcase_add_test(lines, each_level_has_its_priority);
	tcase_add_test(lines, levels_below_the_least_are_left_out);
	tcase_add_test(lines, unopened_it_writes_info_to_auto);
	tcase_add_test(lines, it_can_be_opened_again);
	tcase_add_test(lines, control_characters_are_replaced);
	tcase_add_test(lines, no_text_is_a_line_too);
	tcase_add_test(lines, errno_is_kept);
	tcase_add_test(lines, longest_line_is_whole);
	tcase_add_test(lines, longer_line_is_cut);
	suite_add_tcase(suite, lines);

	tcase_add_checked_fixture(lost, become_journal, NULL);
	tcase_add_test(lost, lost_lines_are_counted_and_told_once);
	tcase_add_test(lost, losses_are_told_whatever_the_level);
	suite_add_tcase(suite, lost);

	tcase_add_checked_fixture(kinds, become_journal, NULL);
	tcase_add_test(kinds, a_burst_is_admitted_and_no_more);
	tcase_add_test(kinds, the_rate_is_kept_in_the_long_run);
	tcase_add_test(kinds, silence_earns_one_burst_and_no_more);
	tcase_add_test(kinds, left_out_is_told_before_the_next);
	tcase_add_test(kinds, settle_tells_what_was_left_out_once);
	tcase_add_test(kinds, a_level_that_is_off_costs_and_counts_nothing);
	tcase_add_test(kinds, kinds_are_limited_apart);
	suite_add_tcase(suite, kinds);
	return run_suite(suite);
}
