#include "stress/stream.h"

#include <stdlib.h>
#include <string.h>

#include "support/run.h"

#define SEED UINT64_C(0x5eed)
#define SPAN 1000
#define LINE 64

static char whole[SPAN];

static void
make_whole(void)
{
	stream_fill(SEED, 0, whole, SPAN);
}

static int
by_value(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* ---- making ---- */

/* Any piece, from any offset, is that piece of the whole; and nothing else is touched. */
START_TEST(pieces_are_pieces_of_the_whole)
{
	for (size_t offset = 0; offset < 2 * LINE; offset++) {
		for (size_t len = 0; len < 4 * LINE; len++) {
			char buf[4 * LINE + 2];

			memset(buf, '#', sizeof(buf));
			stream_fill(SEED, offset, buf + 1, len);
			ck_assert_mem_eq(buf + 1, whole + offset, len);
			ck_assert(buf[0] == '#' && buf[len + 1] == '#');
		}
	}
}
END_TEST

START_TEST(single_bytes_are_those_of_the_whole)
{
	for (size_t i = 0; i < SPAN; i++)
		ck_assert_uint_eq(stream_byte(SEED, i), (uint8_t)whole[i]);
}
END_TEST

START_TEST(offsets_beyond_32_bits)
{
	uint64_t far = UINT64_C(1) << 40;
	char a[64], b[64];

	stream_fill(SEED, far, a, 64);
	stream_fill(SEED, far + 3, b, 61);
	ck_assert_mem_eq(a + 3, b, 61);
	ck_assert_mem_ne(a, whole, 64);
	ck_assert_uint_eq(stream_check(SEED, far, a, 64), 64);
}
END_TEST

START_TEST(every_byte_value_comes_about_equally_often)
{
	static char buf[256 * 1000];
	int count[256] = { 0 };

	stream_fill(SEED, 0, buf, sizeof(buf));
	for (size_t i = 0; i < sizeof(buf); i++)
		count[(unsigned char)buf[i]]++;
	for (int i = 0; i < 256; i++)
		ck_assert_int_gt(count[i], 800);
}
END_TEST

/* So bytes that come from elsewhere, near by or in another stream, are seen as such. */
START_TEST(no_four_bytes_stand_twice)
{
	enum { EACH = 8192, WINDOWS = EACH - 3 };
	static uint32_t seen[2 * WINDOWS];
	static char buf[EACH];

	for (size_t turn = 0; turn < 2; turn++) {
		stream_fill(stream_seed(1, turn, 0), 0, buf, EACH);
		for (size_t i = 0; i < WINDOWS; i++)
			memcpy(&seen[turn * WINDOWS + i], buf + i, 4);
	}
	qsort(seen, 2 * WINDOWS, sizeof(*seen), by_value);
	for (size_t i = 1; i < 2 * WINDOWS; i++)
		ck_assert_uint_ne(seen[i - 1], seen[i]);
}
END_TEST

/* Whole words that were moved within their line do not even begin right. */
START_TEST(words_of_a_line_share_no_byte)
{
	for (size_t a = 0; a < SPAN; a++)
		for (size_t b = a + 8; b < SPAN && b / LINE == a / LINE; b += 8)
			ck_assert_int_ne(whole[a], whole[b]);
}
END_TEST

/* The first number that splitmix64 gives for 0. */
START_TEST(the_mixing_is_the_one_published)
{
	ck_assert_uint_eq(stream_mix(0), UINT64_C(0xe220a8397b1dcdaf));
}
END_TEST

START_TEST(seeds_differ_by_run_connection_and_turn)
{
	uint64_t a = stream_seed(1, 2, 3);

	ck_assert_uint_eq(a, stream_seed(1, 2, 3));
	ck_assert_uint_ne(a, stream_seed(2, 2, 3));
	ck_assert_uint_ne(a, stream_seed(1, 3, 3));
	ck_assert_uint_ne(a, stream_seed(1, 2, 4));
	ck_assert_uint_ne(a, stream_seed(1, 3, 2));
	ck_assert_uint_ne(a, stream_seed(2, 1, 3));
}
END_TEST

/* ---- checking ---- */

START_TEST(right_bytes_are_right)
{
	for (size_t offset = 0; offset < 2 * LINE; offset++)
		for (size_t len = 0; len < 4 * LINE; len++)
			ck_assert_uint_eq(stream_check(SEED, offset, whole + offset,
					      len),
			    len);
}
END_TEST

/* Wherever one bit is wrong, the check says how many bytes before it are right. */
START_TEST(one_wrong_bit_is_found_anywhere)
{
	for (size_t offset = 0; offset < LINE; offset++) {
		for (size_t bit = 0; bit < 3 * LINE * 8; bit++) {
			char buf[3 * LINE];

			memcpy(buf, whole + offset, sizeof(buf));
			buf[bit / 8] ^= (char)(1 << bit % 8);
			ck_assert_uint_eq(stream_check(SEED, offset, buf, sizeof(buf)),
			    bit / 8);
		}
	}
}
END_TEST

START_TEST(wrong_bytes_do_not_make_up_for_each_other)
{
	for (size_t gap = 1; gap < 2 * LINE; gap++) {
		for (size_t at = 0; at < LINE; at++) {
			char buf[3 * LINE];

			memcpy(buf, whole, sizeof(buf));
			buf[at] = (char)(buf[at] ^ 0x80); /* twice the most is 0 */
			buf[at + gap] = (char)(buf[at + gap] ^ 0x80);
			ck_assert_uint_eq(stream_check(SEED, 0, buf, sizeof(buf)), at);
		}
	}
}
END_TEST

/* Some were lost, or come again, or too early: each time it is seen at once. */
START_TEST(moved_bytes_are_wrong_soon)
{
	size_t most = 6 * LINE;

	for (size_t from = 0; from < most; from++)
		for (size_t to = 0; to < most; to++)
			if (from != to)
				ck_assert_uint_lt(stream_check(SEED, to, whole + from,
						      4 * LINE),
				    4);
}
END_TEST

START_TEST(another_stream_is_wrong_soon)
{
	ck_assert_uint_lt(stream_check(SEED + 1, 0, whole, SPAN), 3);
	ck_assert_uint_lt(stream_check(SEED, 64, whole, SPAN), 3);
}
END_TEST

/* ---- finding ---- */

START_TEST(bytes_are_found_before_and_behind)
{
	static const uint64_t far[] = { 0, 1, 900, 65000 };
	uint64_t at;

	for (size_t i = 0; i < 4; i++) {
		char bytes[16];

		stream_fill(SEED, 100000 + far[i], bytes, sizeof(bytes));
		ck_assert(stream_find(&at, SEED, 100000, bytes, sizeof(bytes)));
		ck_assert_uint_eq(at, 100000 + far[i]);

		stream_fill(SEED, 100000 - far[i], bytes, sizeof(bytes));
		ck_assert(stream_find(&at, SEED, 100000, bytes, sizeof(bytes)));
		ck_assert_uint_eq(at, 100000 - far[i]);
	}
}
END_TEST

START_TEST(near_the_start_of_the_stream)
{
	uint64_t at;

	ck_assert(stream_find(&at, SEED, 5, whole, 16));
	ck_assert_uint_eq(at, 0);
}
END_TEST

START_TEST(strangers_are_not_found)
{
	uint64_t at = 7;

	ck_assert(!stream_find(&at, SEED, 0, "strange bytes...", 16));
	ck_assert(!stream_find(&at, SEED, 0, whole, 3)); /* too few to tell */
	ck_assert_uint_eq(at, 7);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("stream");
	TCase *tc = tcase_create("stream");

	tcase_add_checked_fixture(tc, make_whole, NULL);
	tcase_add_test(tc, pieces_are_pieces_of_the_whole);
	tcase_add_test(tc, single_bytes_are_those_of_the_whole);
	tcase_add_test(tc, offsets_beyond_32_bits);
	tcase_add_test(tc, every_byte_value_comes_about_equally_often);
	tcase_add_test(tc, no_four_bytes_stand_twice);
	tcase_add_test(tc, words_of_a_line_share_no_byte);
	tcase_add_test(tc, the_mixing_is_the_one_published);
	tcase_add_test(tc, seeds_differ_by_run_connection_and_turn);
	tcase_add_test(tc, right_bytes_are_right);
	tcase_add_test(tc, one_wrong_bit_is_found_anywhere);
	tcase_add_test(tc, wrong_bytes_do_not_make_up_for_each_other);
	tcase_add_test(tc, moved_bytes_are_wrong_soon);
	tcase_add_test(tc, another_stream_is_wrong_soon);
	tcase_add_test(tc, bytes_are_found_before_and_behind);
	tcase_add_test(tc, near_the_start_of_the_stream);
	tcase_add_test(tc, strangers_are_not_found);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
