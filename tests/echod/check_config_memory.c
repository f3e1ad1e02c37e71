/* Loading a configuration while memory runs out, at each moment there is. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "echod/config_scratch.h"
#include "support/failing.h"
#include "support/run.h"

static const char text[] = "listen = [ \"127.0.0.1:0\", \"unix:/run/e\" ];\n"
			   "@include \"more\"\n"
			   "access: { deny = [ \"192.0.2.0/24\", \"::1\" ]; };\n";

/* Longer than any buffer that the text goes through. */
static void
write_long_file(const char *name)
{
	static char more[20000];

	memset(more, ' ', sizeof(more) - 1);
	memcpy(more, "timeouts: {", 11);
	strcpy(more + sizeof(more) - 14, "idle = 7; };\n");
	scratch_write(name, more);
}

/* All of it or nothing, and in words. */
START_TEST(a_load_fails_as_a_whole)
{
	struct config defaults;
	int n, r;

	scratch_write("t", text);
	write_long_file("more");
	config_defaults(&defaults);
	for (n = 1;; n++) {
		failing_nth_allocation(n);
		r = load_file("t");
		if (!failing_end())
			break; /* there are not that many */
		ck_assert_int_lt(r, 0);
		ck_assert_mem_eq(&got, &defaults, sizeof(got));
		ck_assert_ptr_nonnull(strstr(said, "Cannot allocate memory"));
	}
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(got.nlisten, 2);
	ck_assert_int_eq(got.access.deny.n, 2);
	ck_assert_int_eq(got.idle_ns, SECONDS(7));
	ck_assert_int_gt(n, 12);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("config_memory");
	TCase *tc = tcase_create("memory");

	tcase_add_checked_fixture(tc, scratch_enter, scratch_leave);
	tcase_add_test(tc, a_load_fails_as_a_whole);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
