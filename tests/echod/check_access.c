#include "echod/access.h"

#include "support/run.h"

static struct access rules;

static void
add(struct cidr_list *list, const char *text)
{
	struct cidr c;

	ck_assert_int_eq(cidr_parse(&c, text), 0);
	ck_assert_int_eq(cidr_list_add(list, &c), 0);
}

static bool
permits(const char *text)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(&a, text), 0);
	addr_unmap(&a);
	return access_permits(&rules, &a);
}

static void
drop(void)
{
	access_drop(&rules);
	ck_assert_int_eq(rules.allow.n + rules.deny.n, 0);
	ck_assert(permits("192.0.2.1:1"));
}

START_TEST(without_rules_everybody_is_served)
{
	ck_assert(permits("192.0.2.1:1"));
	ck_assert(permits("[2001:db8::1]:1"));
}
END_TEST

START_TEST(an_allow_list_shuts_out_the_rest)
{
	add(&rules.allow, "192.0.2.0/24");
	ck_assert(permits("192.0.2.1:1"));
	ck_assert(permits("[::ffff:192.0.2.1]:1"));
	ck_assert(!permits("198.51.100.1:1"));
	ck_assert(!permits("[2001:db8::1]:1"));
}
END_TEST

START_TEST(a_deny_list_lets_in_the_rest)
{
	add(&rules.deny, "192.0.2.0/24");
	ck_assert(!permits("192.0.2.1:1"));
	ck_assert(!permits("[::ffff:192.0.2.1]:1"));
	ck_assert(permits("198.51.100.1:1"));
	ck_assert(permits("[2001:db8::1]:1"));
}
END_TEST

START_TEST(deny_wins)
{
	add(&rules.allow, "192.0.2.7");
	add(&rules.allow, "::/0");
	add(&rules.deny, "192.0.2.0/24");
	ck_assert(!permits("192.0.2.7:1"));
	ck_assert(permits("[2001:db8::1]:1"));
}
END_TEST

START_TEST(processes_are_no_addresses)
{
	struct addr process = { .process = { .family = AF_UNIX } };

	add(&rules.allow, "192.0.2.7");
	add(&rules.deny, "0.0.0.0/0");
	add(&rules.deny, "::/0");
	ck_assert(access_permits(&rules, &process));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("access");
	TCase *tc = tcase_create("access");

	tcase_add_checked_fixture(tc, NULL, drop);
	tcase_add_test(tc, without_rules_everybody_is_served);
	tcase_add_test(tc, an_allow_list_shuts_out_the_rest);
	tcase_add_test(tc, a_deny_list_lets_in_the_rest);
	tcase_add_test(tc, deny_wins);
	tcase_add_test(tc, processes_are_no_addresses);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
