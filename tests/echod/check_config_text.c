#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "echod/config_scratch.h"
#include "echod/config_text.h"
#include "support/run.h"

/* ---- integers that do not fit ---- */

START_TEST(wide_integers_do_not_wrap)
{
	assert_wrong("port = 4294975296;\nlimits: { max_connections = -4294967295;\n"
		     "buffer_size = 0x100001000; };\ntimeouts: { idle = 4294967297;\n"
		     "drain = 2147483648; };\n",
	    "t:1: port must be from 0 to 65535, not 4294975296\n"
	    "t:2: limits.max_connections must be from 1 to 1000000, not -4294967295\n"
	    "t:3: limits.buffer_size must be from 1024 to 16777216, not 4294971392\n"
	    "t:4: timeouts.idle must be from 0 to 2592000 seconds, not 4294967297\n"
	    "t:5: timeouts.drain must be from 0 to 86400 seconds, not 2147483648\n");
	assert_wrong("port=+4294975296;",
	    "t:1: port must be from 0 to 65535, not 4294975296\n");
	assert_wrong("port = 4294975296L;",
	    "t:1: port must be from 0 to 65535, not 4294975296\n");
	assert_wrong("port = 0XFFFFFFFF;",
	    "t:1: port must be from 0 to 65535, not 4294967295\n");
}
END_TEST

START_TEST(even_wider_integers_do_not_wrap)
{
	assert_wrong(
	    "port = 18446744073709559616;\nsocket: { backlog = "
	    "-18446744073709551615;\n};\nloop: { spin_us = 0x10000000000000001; };",
	    "t:1: port must be from 0 to 65535, not 9223372036854775807\n"
	    "t:2: socket.backlog must be from 1 to 65535, not -9223372036854775808\n"
	    "t:4: loop.spin_us must be from 0 to 1000, not 9223372036854775807\n");
}
END_TEST

START_TEST(digits_in_strings_and_comments_are_left_alone)
{
	assert_wrong("log: { level = \"4294967297\"; };",
	    "t:1: log.level must be \"debug\", \"info\", \"warning\" or \"error\", "
	    "not \"4294967297\"\n");
	assert_wrong("log: { level = \"\\\"4294967297\"; };",
	    "t:1: log.level must be \"debug\", \"info\", \"warning\" or \"error\", "
	    "not \"\"4294967297\"\n");
	assert_right("# 4294967297\n// 4294967297 \"\n/* 4294967297\n \" */ port = 7;");
	ck_assert_int_eq(got.port, 7);
	assert_right("timeouts: { idle = 4.294967296; drain = 00000000000003; };");
	ck_assert_int_eq(got.idle_ns, 4294967296);
	ck_assert_int_eq(got.drain_ns, SECONDS(3));
	assert_wrong("port = 0x12G;", "t:1: syntax error\n");
	assert_wrong("port = -;", "t:1: syntax error\n");
	assert_wrong("port = 8 / 4;", "t:1: syntax error\n");
	assert_wrong("a4294967297 = 1;", "t:1: unknown key 'a4294967297'\n");
	assert_wrong("timeouts: { idle = 1.0e999; };",
	    "t:1: timeouts.idle must be from 0 to 2592000 seconds, not inf\n");
}
END_TEST

/* ---- files ---- */

START_TEST(unreadable_files_say_why)
{
	ck_assert_int_eq(load_file("none"), -ENOENT);
	ck_assert_str_eq(said, "none: No such file or directory\n");
	ck_assert_int_eq(load_file("."), -EISDIR);
	ck_assert_str_eq(said, ".: Is a directory\n");
	ck_assert_int_eq(load_file("/dev/zero"), -EFBIG);
	ck_assert_str_eq(said, "/dev/zero: File too large\n");
}
END_TEST

/* Blanks, and at the very end `port = 7;`. */
static void
write_file_of(size_t size)
{
	static const char last[] = "port = 7;";
	char *text = malloc(size + 1);

	ck_assert_ptr_nonnull(text);
	memset(text, '\n', size);
	strcpy(text + size - strlen(last), last);
	scratch_write("t", text);
	free(text);
}

START_TEST(files_of_any_size_are_read_to_the_end)
{
	static const size_t sizes[] = { 4096, 8191, 8192, 8193, 100000,
		CONFIG_MAX_BYTES };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		write_file_of(sizes[i]);
		ck_assert_int_eq(load_file("t"), 0);
		ck_assert_int_eq(got.port, 7);
	}
	write_file_of(CONFIG_MAX_BYTES + 1);
	ck_assert_int_eq(load_file("t"), -EFBIG);
}
END_TEST

START_TEST(a_pipe_is_read_once)
{
	int pipe_ends[2];
	char path[32];

	ck_assert_int_eq(pipe(pipe_ends), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", pipe_ends[0]);
	ck_assert_int_eq(write(pipe_ends[1], "port = 7;", 9), 9);
	close(pipe_ends[1]);
	ck_assert_int_eq(load_file(path), 0);
	ck_assert_int_eq(got.port, 7);
	ck_assert_int_eq(load_file(path), -ENODATA);
	ck_assert_int_eq(load_file("/dev/null"), 0);
}
END_TEST

START_TEST(a_forbidden_file_says_so)
{
	uid_t me = geteuid();

	scratch_write("t", "");
	ck_assert_int_eq(chmod("t", 0), 0);
	if (me == 0)
		ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_int_eq(load_file("t"), -EACCES);
	ck_assert_str_eq(said, "t: Permission denied\n");
	ck_assert_int_eq(seteuid(me), 0);
}
END_TEST

START_TEST(included_files_name_their_own_lines)
{
	ck_assert_int_eq(mkdir("d", 0700), 0);
	scratch_write("d/a", "\nx = 1;\n@include \"b\"\ny = 2;");
	scratch_write("d/b", "limits: {\n max_connections = 4294967297; };\n");
	assert_wrong("port = 0; #\n  @include \"d/a\" # more\nz = 3;\n",
	    "d/a:2: unknown key 'x'\n"
	    "d/b:2: limits.max_connections must be from 1 to 1000000, not 4294967297\n"
	    "d/a:4: unknown key 'y'\n"
	    "t:3: unknown key 'z'\n");
}
END_TEST

START_TEST(a_group_may_be_included)
{
	char path[300], text[400];

	scratch_write("a", "idle = 1;\ndrain = 2;\n");
	assert_right("timeouts: {\n@include \"a\"\n};\nport = 3;");
	ck_assert_int_eq(got.idle_ns, SECONDS(1));
	ck_assert_int_eq(got.drain_ns, SECONDS(2));

	ck_assert_ptr_nonnull(getcwd(path, sizeof(path)));
	snprintf(text, sizeof(text), "timeouts: {\n@include\t\"%s/a\"\r\n};", path);
	assert_right(text);
	ck_assert_int_eq(got.drain_ns, SECONDS(2));

	snprintf(text, sizeof(text), "timeouts: {\n@include \"%s/a\"\n};", path);
	ck_assert_int_eq(mkdir("d", 0700), 0);
	scratch_write("d/b", text);
	assert_right("@include \"d/b\"");
	ck_assert_int_eq(got.drain_ns, SECONDS(2));
}
END_TEST

START_TEST(includes_are_seen_where_they_count)
{
	assert_right("# @include \"none\"\n/*\n@include \"none\"\n*/ port = 1;\n");
	assert_wrong("port = 1; @include \"none\"\n", "t:1: syntax error\n");
	assert_wrong("@include\"none\"\n", "t:1: syntax error\n");
	assert_wrong("@include none\n", "t:1: syntax error\n");
	assert_wrong("@include <none>\n", "t:1: syntax error\n");
	assert_wrong("@include \"none\n",
	    "t:1: this string has no end\n"
	    "t:2: cannot open include file\n");
	scratch_write("a", "");
	assert_wrong("@include \"a\" @include \"a\"\nx = 1;",
	    "t:1: only a comment may follow an @include\n"
	    "t:2: unknown key 'x'\n");
}
END_TEST

START_TEST(bad_includes_say_why)
{
	assert_wrong("x = 1;\n@include \"none\"\n@include \".\"\ny = 2;\n",
	    "t:2: cannot include 'none': No such file or directory\n"
	    "t:3: cannot include '.': Is a directory\n"
	    "t:1: unknown key 'x'\n"
	    "t:4: unknown key 'y'\n");
	scratch_write("a", "port = = ;");
	assert_wrong("\n@include \"a\"\n", "a:1: syntax error\n");
}
END_TEST

START_TEST(a_file_that_includes_itself_ends)
{
	assert_wrong("\n@include \"t\"\n", "t:2: too many files: there may be 32\n");
	ck_assert_int_eq(load("@include \"t\"\nx = 1;\n@include \"t\"\n"), -EINVAL);
	ck_assert_ptr_nonnull(strstr(said, "t:1: too many files"));
}
END_TEST

START_TEST(what_has_no_end_is_told)
{
	assert_wrong("port = 7;\n/* port = 8;\n\n", "t:2: this comment has no end\n");
	assert_wrong("port = 7;\nx = \"info;\n\n",
	    "t:2: this string has no end\n"
	    "t:2: unknown key 'x'\n");
	assert_wrong("x = \"info\\",
	    "t:1: this string has no end\nt:1: syntax error\n");
	scratch_write("a", "/* ");
	assert_wrong("@include \"a\"\nx = 1;",
	    "a:1: this comment has no end\n"
	    "t:2: unknown key 'x'\n");
}
END_TEST

START_TEST(a_nul_byte_does_not_hide_the_rest)
{
	FILE *out = fopen("nul", "w");

	ck_assert_ptr_nonnull(out);
	fwrite("port = 1;\n\0port = 0;", 1, 20, out);
	fclose(out);
	ck_assert_int_eq(load_file("nul"), -EINVAL);
	ck_assert_str_eq(said, "nul:2: a NUL byte in the text\n");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("config_text");
	TCase *wide = tcase_create("wide"), *files = tcase_create("files");
	TCase *all[] = { wide, files };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		tcase_add_checked_fixture(all[i], scratch_enter, scratch_leave);
		suite_add_tcase(suite, all[i]);
	}
	tcase_add_test(wide, wide_integers_do_not_wrap);
	tcase_add_test(wide, even_wider_integers_do_not_wrap);
	tcase_add_test(wide, digits_in_strings_and_comments_are_left_alone);
	tcase_add_test(files, unreadable_files_say_why);
	tcase_add_test(files, files_of_any_size_are_read_to_the_end);
	tcase_add_test(files, a_pipe_is_read_once);
	tcase_add_test(files, a_forbidden_file_says_so);
	tcase_add_test(files, included_files_name_their_own_lines);
	tcase_add_test(files, a_group_may_be_included);
	tcase_add_test(files, includes_are_seen_where_they_count);
	tcase_add_test(files, bad_includes_say_why);
	tcase_add_test(files, a_file_that_includes_itself_ends);
	tcase_add_test(files, what_has_no_end_is_told);
	tcase_add_test(files, a_nul_byte_does_not_hide_the_rest);
	return run_suite(suite);
}
