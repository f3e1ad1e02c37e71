#include "net/cidr.h"

#include <errno.h>
#include <stdio.h>

#include "base/util.h"
#include "support/failing.h"
#include "support/run.h"

static struct cidr
parsed(const char *text)
{
	struct cidr c;

	ck_assert_msg(cidr_parse(&c, text) == 0, "%s", text);
	return c;
}

/* Is the host, as text without a port, in it? */
static bool
has(const char *text, const char *host)
{
	struct cidr c = parsed(text);
	struct addr a;
	char with_port[80];

	snprintf(with_port, sizeof(with_port), strchr(host, ':') ? "[%s]:1" : "%s:1",
	    host);
	ck_assert_int_eq(addr_parse(&a, with_port), 0);
	return cidr_has(&c, &a);
}

static const struct {
	const char *text, *shown;
} good[] = {
	{ "192.0.2.0/24", "192.0.2.0/24" },
	{ "192.0.2.77/24", "192.0.2.0/24" },
	{ "192.0.2.77/31", "192.0.2.76/31" },
	{ "192.0.2.1", "192.0.2.1/32" },
	{ "1.2.3.4/0", "0.0.0.0/0" },
	{ "2001:db8::/32", "2001:db8::/32" },
	{ "2001:db8:ffff::1/33", "2001:db8:8000::/33" },
	{ "::1", "::1/128" },
	{ "::/0", "::/0" },
	{ "::ffff:192.0.2.0/120", "192.0.2.0/24" },
	{ "::ffff:192.0.2.1", "192.0.2.1/32" },
	{ "::ffff:0:0/96", "0.0.0.0/0" },
	{ "::ffff:0:0/95", "::fffe:0:0/95" },
};

START_TEST(reads_and_writes)
{
	struct cidr c = parsed(good[_i].text), again;
	char text[CIDR_TEXT];

	ck_assert_str_eq(cidr_format(&c, text), good[_i].shown);
	again = parsed(text);
	ck_assert_mem_eq(&c, &again, sizeof(c));
}
END_TEST

static const char *const bad[] = { "", "/", "/8", "10.0.0.0/", "10.0.0.0/33",
	"10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8 ", "10.0.0.0/0x8", "10.0.0/8", "10/8",
	"10.0.0.0/8/8", "10.0.0.0/0008", "10.0.0.0/4294967304", "::/129", "::1%lo/128",
	"[::1]/128", "localhost", "10.0.0.1:80", "1:2:3",
	"1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111/8" };

START_TEST(refuses)
{
	struct cidr c = parsed("10.0.0.0/8"), before = c;

	ck_assert_msg(cidr_parse(&c, bad[_i]) == -EINVAL, "%s", bad[_i]);
	ck_assert_mem_eq(&c, &before, sizeof(c));
}
END_TEST

START_TEST(a_prefix_has_what_begins_with_it)
{
	ck_assert(has("10.0.0.0/8", "10.255.255.255"));
	ck_assert(!has("10.0.0.0/8", "11.0.0.0"));
	ck_assert(has("172.16.0.0/12", "172.31.255.255"));
	ck_assert(!has("172.16.0.0/12", "172.32.0.0"));
	ck_assert(!has("172.16.0.0/12", "172.15.255.255"));
	ck_assert(has("192.0.2.1/32", "192.0.2.1"));
	ck_assert(!has("192.0.2.1/32", "192.0.2.0"));
	ck_assert(has("0.0.0.0/0", "255.255.255.255"));
	ck_assert(has("2001:db8::/33", "2001:db8:7fff::"));
	ck_assert(!has("2001:db8::/33", "2001:db8:8000::"));
	ck_assert(has("::1", "::1"));
	ck_assert(!has("::1", "::2"));
	ck_assert(has("::/0", "ffff::"));
}
END_TEST

START_TEST(families_do_not_mix)
{
	ck_assert(!has("0.0.0.0/0", "::1"));
	ck_assert(!has("::/0", "127.0.0.1"));
	ck_assert(has("::ffff:127.0.0.0/104", "127.0.0.1"));
}
END_TEST

START_TEST(a_process_is_in_none)
{
	struct addr a = { .process = { .family = AF_UNIX } };
	struct cidr four = parsed("0.0.0.0/0"), six = parsed("::/0");

	ck_assert(!cidr_has(&four, &a));
	ck_assert(!cidr_has(&six, &a));
}
END_TEST

START_TEST(a_list_has_what_any_of_it_has)
{
	struct addr one = { .in = { .sin_family = AF_INET,
				.sin_addr.s_addr = htonl(0x0a000001) } };
	struct cidr c = parsed("127.0.0.0/8"), d = parsed("10.0.0.1");
	struct cidr_list list = { 0 };

	ck_assert(!cidr_list_has(&list, &one));
	ck_assert_int_eq(cidr_list_add(&list, &c), 0);
	ck_assert(!cidr_list_has(&list, &one));
	ck_assert_int_eq(cidr_list_add(&list, &d), 0);
	ck_assert(cidr_list_has(&list, &one));
	cidr_list_drop(&list);
	ck_assert_int_eq(list.n, 0);
	ck_assert(!cidr_list_has(&list, &one));
}
END_TEST

START_TEST(a_list_wants_memory_and_keeps_what_it_has)
{
	struct addr one = { .in = { .sin_family = AF_INET,
				.sin_addr.s_addr = htonl(0x0a000001) } };
	struct cidr c = parsed("10.0.0.1");
	struct cidr_list list = { 0 };

	ck_assert_int_eq(cidr_list_add(&list, &c), 0);
	failing_nth("reallocarray", 1, ENOMEM);
	ck_assert_int_eq(cidr_list_add(&list, &c), -ENOMEM);
	ck_assert(failing_end());
	ck_assert_int_eq(list.n, 1);
	ck_assert(cidr_list_has(&list, &one));
	cidr_list_drop(&list);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cidr");
	TCase *tc = tcase_create("cidr");

	tcase_add_loop_test(tc, reads_and_writes, 0, ARRAY_SIZE(good));
	tcase_add_loop_test(tc, refuses, 0, ARRAY_SIZE(bad));
	tcase_add_test(tc, a_prefix_has_what_begins_with_it);
	tcase_add_test(tc, families_do_not_mix);
	tcase_add_test(tc, a_process_is_in_none);
	tcase_add_test(tc, a_list_has_what_any_of_it_has);
	tcase_add_test(tc, a_list_wants_memory_and_keeps_what_it_has);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
