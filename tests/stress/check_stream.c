#include "stress/stream.h"

#include <stdlib.h>
#include <string.h>

#include "support/run.h"

#define SEED UINT64_C(0x5eed)
#define SPAN 1000

static char whole[SPAN];

static void
make_whole(void)
{
	stream_fill(SEED, 0, whole, SPAN);
}

/* ---- making ---- */

/* Any piece, from any offset, is that piece of the whole; and nothing else is touched. */
START_TEST(pieces_are_pieces_of_the_whole)
{
	for (size_t offset = 0; offset < 20; offset++) {
		for (size_t len = 0; len < 60; len++) {
			char buf[62];

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
	for (size_t offset = 0; offset < 20; offset++)
		for (size_t len = 0; len < 60; len++)
			ck_assert_uint_eq(stream_check(SEED, offset, whole + offset,
					      len),
			    len);
}
END_TEST

/* Wherever one bit is wrong, the check says how many bytes before it are right. */
START_TEST(one_wrong_bit_is_found_anywhere)
{
	for (size_t offset = 0; offset < 9; offset++) {
		for (size_t at = 0; at < 40; at++) {
			char buf[40];

			memcpy(buf, whole + offset, sizeof(buf));
			buf[at] ^= 0x10;
			ck_assert_uint_eq(stream_check(SEED, offset, buf, sizeof(buf)),
			    at);
		}
	}
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
	tcase_add_test(tc, seeds_differ_by_run_connection_and_turn);
	tcase_add_test(tc, right_bytes_are_right);
	tcase_add_test(tc, one_wrong_bit_is_found_anywhere);
	tcase_add_test(tc, another_stream_is_wrong_soon);
	tcase_add_test(tc, bytes_are_found_before_and_behind);
	tcase_add_test(tc, near_the_start_of_the_stream);
	tcase_add_test(tc, strangers_are_not_found);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
