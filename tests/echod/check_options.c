#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/util.h"
#include "echod/options.h"
#include "support/run.h"

#define MAX_WORDS 8

/* Split a command line at its spaces and parse it. */
static struct options
parse(const char *line)
{
	static char words[200];
	char *argv[MAX_WORDS + 1];
	struct options o;
	int argc = 0;

	strcpy(words, line);
	for (char *w = strtok(words, " "); w != NULL; w = strtok(NULL, " ")) {
		ck_assert_int_lt(argc, MAX_WORDS);
		argv[argc++] = w;
	}
	argv[argc] = NULL;
	options_parse(&o, argc, argv);
	return o;
}

/* What a command line that exits writes to a descriptor; returns the exit status. */
static int
run(const char *line, int fd, char *text, size_t size)
{
	FILE *both = tmpfile();
	int status;
	pid_t child;

	ck_assert_ptr_nonnull(both);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		dup2(fileno(both), fd);
		parse(line);
		_exit(99); /* came back */
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	rewind(both);
	text[fread(text, 1, size - 1, both)] = '\0';
	fclose(both);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- what is right ---- */

START_TEST(nothing_is_the_defaults)
{
	struct options o = parse("echod");

	ck_assert_ptr_null(o.config);
	ck_assert_int_eq(o.port, -1);
	ck_assert(!o.verbose);
	ck_assert_int_eq(o.action, OPTIONS_SERVE);
}
END_TEST

START_TEST(short_names)
{
	struct options o = parse("echod -c a.conf -t -p 7 -v");

	ck_assert_str_eq(o.config, "a.conf");
	ck_assert_int_eq(o.port, 7);
	ck_assert(o.verbose);
	ck_assert_int_eq(o.action, OPTIONS_TEST);
	ck_assert_int_eq(parse("echod -T").action, OPTIONS_DUMP);
}
END_TEST

START_TEST(long_names)
{
	struct options o = parse("echod --config=a.conf --test --port=7 --verbose");

	ck_assert_str_eq(o.config, "a.conf");
	ck_assert_int_eq(o.port, 7);
	ck_assert(o.verbose);
	ck_assert_int_eq(o.action, OPTIONS_TEST);
	ck_assert_int_eq(parse("echod --dump-config").action, OPTIONS_DUMP);
}
END_TEST

START_TEST(an_option_may_be_repeated)
{
	ck_assert_int_eq(parse("echod -t --test").action, OPTIONS_TEST);
	ck_assert_int_eq(parse("echod -p 1 -p 2").port, 2);
}
END_TEST

START_TEST(ports_have_their_range)
{
	ck_assert_int_eq(parse("echod -p 0").port, 0);
	ck_assert_int_eq(parse("echod -p 65535").port, 65535);
	ck_assert_int_eq(parse("echod -p 0010").port, 10);
}
END_TEST

START_TEST(help_names_every_option)
{
	static const char *const names[] = { "-c, --config=FILE", "-t, --test",
		"-T, --dump-config", "-p, --port=PORT", "-v, --verbose", "-h, --help",
		"-V, --version" };
	char shorter[4000], longer[4000];

	ck_assert_int_eq(run("echod -h", STDOUT_FILENO, shorter, sizeof(shorter)), 0);
	ck_assert_int_eq(run("echod --help", STDOUT_FILENO, longer, sizeof(longer)), 0);
	ck_assert_str_eq(shorter, longer);
	ck_assert_ptr_null(strstr(shorter, "-?")); /* argp's own, a second --help */
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		ck_assert_msg(strstr(shorter, names[i]) != NULL, "%s", names[i]);
}
END_TEST

START_TEST(usage_is_short)
{
	char text[500];

	ck_assert_int_eq(run("echod --usage", STDOUT_FILENO, text, sizeof(text)), 0);
	ck_assert_int_eq(strncmp(text, "Usage: echod [-", 15), 0);
	ck_assert_ptr_nonnull(strstr(text, "[--port=PORT]"));
}
END_TEST

START_TEST(version_is_name_and_number)
{
	char text[200];

	ck_assert_int_eq(run("echod -V", STDOUT_FILENO, text, sizeof(text)), 0);
	ck_assert_str_eq(text, PACKAGE_STRING "\n");
	ck_assert_int_eq(run("echod --version", STDOUT_FILENO, text, sizeof(text)), 0);
	ck_assert_str_eq(text, PACKAGE_STRING "\n");
}
END_TEST

/* ---- what is wrong ---- */

static const struct {
	const char *line, *message;
} wrong[] = {
	{ "echod -p 70000", "echod: -p: '70000' is not a port (0 to 65535)\n" },
	{ "echod -p 65536", "echod: -p: '65536' is not a port (0 to 65535)\n" },
	{ "echod --port=x", "echod: -p: 'x' is not a port (0 to 65535)\n" },
	{ "echod --port=", "echod: -p: '' is not a port (0 to 65535)\n" },
	{ "echod -p 7x", "echod: -p: '7x' is not a port (0 to 65535)\n" },
	{ "echod -p 0x7", "echod: -p: '0x7' is not a port (0 to 65535)\n" },
	{ "echod -p -1", "echod: -p: '-1' is not a port (0 to 65535)\n" },
	{ "echod -p +1", "echod: -p: '+1' is not a port (0 to 65535)\n" },
	{ "echod -p 99999999999999999999",
	    "echod: -p: '99999999999999999999' is not a port (0 to 65535)\n" },
	{ "echod -t -T", "echod: -t and -T exclude each other\n" },
	{ "echod -Tt", "echod: -t and -T exclude each other\n" },
	{ "echod 8000", "echod: '8000' is not an option\n" },
	{ "echod -t -- -v", "echod: '-v' is not an option\n" },
	{ "echod -z", "echod: invalid option -- 'z'\n" },
	{ "echod --zeal", "echod: unrecognized option '--zeal'\n" },
	{ "echod -c", "echod: option requires an argument -- 'c'\n" },
	{ "echod --test=1", "echod: option '--test' doesn't allow an argument\n" },
};

START_TEST(usage_errors_name_the_argument)
{
	char text[500];

	ck_assert_int_eq(run(wrong[_i].line, STDERR_FILENO, text, sizeof(text)),
	    EX_USAGE);
	text[strcspn(text, "\n") + 1] = '\0';
	ck_assert_str_eq(text, wrong[_i].message);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("options");
	TCase *right = tcase_create("right"), *bad = tcase_create("wrong");

	tcase_add_test(right, nothing_is_the_defaults);
	tcase_add_test(right, short_names);
	tcase_add_test(right, long_names);
	tcase_add_test(right, an_option_may_be_repeated);
	tcase_add_test(right, ports_have_their_range);
	tcase_add_test(right, help_names_every_option);
	tcase_add_test(right, usage_is_short);
	tcase_add_test(right, version_is_name_and_number);
	suite_add_tcase(suite, right);
	tcase_add_loop_test(bad, usage_errors_name_the_argument, 0, ARRAY_SIZE(wrong));
	suite_add_tcase(suite, bad);
	return run_suite(suite);
}
