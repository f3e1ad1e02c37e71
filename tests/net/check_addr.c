#include "net/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "support/run.h"

static struct addr
parsed(const char *text)
{
	struct addr a;

	ck_assert_msg(addr_parse(&a, text) == 0, "%s", text);
	return a;
}

/* ---- text ---- */

static const char *const good[] = {
	"127.0.0.1:8000",
	"0.0.0.0:0",
	"255.255.255.255:65535",
	"[::]:8000",
	"[::1]:7",
	"[2001:db8::1:0:0:1]:443",
	"[::ffff:192.0.2.1]:80",
	"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
};

START_TEST(text_comes_back_as_it_was)
{
	char text[ADDR_TEXT];
	struct addr a = parsed(good[_i]);

	ck_assert_str_eq(addr_format(&a, text), good[_i]);
}
END_TEST

static const char *const bad[] = {
	"",
	":",
	":8000",
	"8000",
	"127.0.0.1",
	"127.0.0.1:",
	"127.0.0.1:x",
	"127.0.0.1:80x",
	"127.0.0.1:-1",
	"127.0.0.1:+1",
	"127.0.0.1: 80",
	"127.0.0.1:65536",
	"127.0.0.1:000080",
	"127.0.0.1:4294975296",
	" 127.0.0.1:80",
	"127.0.0.1 :80",
	"127.0.0:80",
	"127.1:80",
	"256.0.0.1:80",
	"localhost:80",
	"::1:80",
	"::1",
	"[::1]",
	"[::1]80",
	"[::1:80",
	"::1]:80",
	"1::1]:80",
	"[]:80",
	"[:80",
	"[127.0.0.1]:80",
	"[::g]:80",
	"[1:2:3:4:5:6:7:8:9]:80",
	"[[::1]]:80",
	"[::1]:80]",
	"111111111111111111111111111111111111111111111111111111111111111111111111111111"
	"111"
	"111111111111111111111:80",
};

START_TEST(nonsense_is_refused)
{
	struct addr a = parsed("192.0.2.1:1"), before = a;

	ck_assert_msg(addr_parse(&a, bad[_i]) == -EINVAL, "%s", bad[_i]);
	ck_assert(memcmp(&a, &before, sizeof(a)) == 0);
}
END_TEST

START_TEST(parts_are_where_the_kernel_looks)
{
	struct addr a = parsed("192.0.2.1:258"), b = parsed("[::1]:258");

	ck_assert_int_eq(a.in.sin_family, AF_INET);
	ck_assert_uint_eq(a.in.sin_addr.s_addr, htonl(0xc0000201));
	ck_assert_uint_eq(a.in.sin_port, htons(258));
	ck_assert_uint_eq(addr_port(&a), 258);
	ck_assert_uint_eq(addr_len(&a), sizeof(struct sockaddr_in));
	ck_assert_int_eq(b.in6.sin6_family, AF_INET6);
	ck_assert(IN6_IS_ADDR_LOOPBACK(&b.in6.sin6_addr));
	ck_assert_uint_eq(b.in6.sin6_port, htons(258));
	ck_assert_uint_eq(addr_port(&b), 258);
	ck_assert_uint_eq(addr_len(&b), sizeof(struct sockaddr_in6));
}
END_TEST

START_TEST(port_can_be_set)
{
	char text[ADDR_TEXT];
	struct addr a = parsed("192.0.2.1:1"), b = parsed("[::1]:1");

	addr_set_port(&a, 65535);
	addr_set_port(&b, 8000);
	ck_assert_str_eq(addr_format(&a, text), "192.0.2.1:65535");
	ck_assert_str_eq(addr_format(&b, text), "[::1]:8000");
}
END_TEST

START_TEST(any_is_the_wildcard)
{
	char text[ADDR_TEXT];
	struct addr a = addr_any(AF_INET, 8000), b = addr_any(AF_INET6, 8000);

	ck_assert_str_eq(addr_format(&a, text), "0.0.0.0:8000");
	ck_assert_str_eq(addr_format(&b, text), "[::]:8000");
}
END_TEST

/* ---- scopes: loopback is the interface that is everywhere, as number 1 ---- */

START_TEST(scope_is_an_interface)
{
	char name[IF_NAMESIZE], text[ADDR_TEXT], again[ADDR_TEXT];
	struct addr a;

	ck_assert_ptr_nonnull(if_indextoname(1, name));
	snprintf(text, sizeof(text), "[fe80::1%%%s]:8000", name);
	a = parsed(text);
	ck_assert_uint_eq(a.in6.sin6_scope_id, 1);
	ck_assert_str_eq(addr_format(&a, again), text);
}
END_TEST

START_TEST(scope_that_does_not_exist)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(&a, "[fe80::1%nosuch0]:8000"), -ENODEV);
	ck_assert_int_eq(addr_parse(&a, "[fe80::1%]:8000"), -ENODEV);
}
END_TEST

START_TEST(scope_that_has_gone_is_a_number)
{
	char text[ADDR_TEXT];
	struct addr a = parsed("[fe80::1]:8000");

	a.in6.sin6_scope_id = UINT32_MAX;
	ck_assert_str_eq(addr_format(&a, text), "[fe80::1%4294967295]:8000");
}
END_TEST

START_TEST(longest_text_has_room)
{
	char text[ADDR_TEXT];
	struct addr a = parsed("[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535");

	a.in6.sin6_scope_id = UINT32_MAX;
	ck_assert_str_eq(addr_format(&a, text),
	    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
}
END_TEST

/* ---- comparing ---- */

START_TEST(equal_means_all_of_it)
{
	static const char *const different[] = { "192.0.2.1:1", "192.0.2.1:2",
		"192.0.2.2:1", "[::1]:1", "[::1]:2", "[::2]:1", "[::ffff:192.0.2.1]:1",
		"0.0.0.0:1", "[::]:1" };

	for (size_t i = 0; i < ARRAY_SIZE(different); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(different); j++) {
			struct addr a = parsed(different[i]), b = parsed(different[j]);

			ck_assert_int_eq(addr_equal(&a, &b), i == j);
		}
	}
}
END_TEST

START_TEST(equal_means_each_byte)
{
	struct addr a = parsed("[2001:db8::1]:1");

	for (size_t i = 0; i < sizeof(a.in6.sin6_addr); i++) {
		struct addr b = a;

		b.in6.sin6_addr.s6_addr[i] ^= 1;
		ck_assert_msg(!addr_equal(&a, &b), "byte %zu", i);
	}
}
END_TEST

START_TEST(equal_means_the_scope_too)
{
	struct addr a = parsed("[fe80::1]:1"), b = a;

	b.in6.sin6_scope_id = 1;
	ck_assert(!addr_equal(&a, &b));
}
END_TEST

START_TEST(mapped_becomes_what_it_is)
{
	char text[ADDR_TEXT];
	struct addr a = parsed("[::ffff:192.0.2.1]:80"), b = parsed("192.0.2.1:80");

	addr_unmap(&a);
	ck_assert(addr_equal(&a, &b));
	ck_assert_str_eq(addr_format(&a, text), "192.0.2.1:80");
}
END_TEST

START_TEST(what_is_not_mapped_stays)
{
	static const char *const others[] = { "192.0.2.1:80", "[::1]:80",
		"[::192.0.2.1]:80", "[64:ff9b::192.0.2.1]:80", "[1::ffff:192.0.2.1]:80",
		"[::1:0:ffff:192.0.2.1]:80", "[::1:ffff:192.0.2.1]:80",
		"[::fffe:192.0.2.1]:80" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct addr a = parsed(others[i]), before = a;

		addr_unmap(&a);
		ck_assert_msg(addr_equal(&a, &before), "%s", others[i]);
	}
}
END_TEST

static bool
same_prefix(const char *one, const char *other)
{
	struct addr a = parsed(one), b = parsed(other);
	struct addr_prefix p = addr_prefix(&a), q = addr_prefix(&b);

	return memcmp(&p, &q, sizeof(p)) == 0;
}

START_TEST(prefix_is_an_address_or_a_64)
{
	ck_assert(same_prefix("192.0.2.1:1", "192.0.2.1:2"));
	ck_assert(!same_prefix("192.0.2.1:1", "192.0.2.2:1"));
	ck_assert(!same_prefix("192.0.2.1:1", "193.0.2.1:1"));
	ck_assert(same_prefix("[2001:db8:0:1::1]:1", "[2001:db8:0:1:ffff::2]:2"));
	ck_assert(!same_prefix("[2001:db8:0:1::1]:1", "[2001:db8:0:2::1]:1"));
	ck_assert(!same_prefix("[2001:db8:0:1::1]:1", "[2002:db8:0:1::1]:1"));
	ck_assert(!same_prefix("0.0.0.0:1", "[::]:1"));
}
END_TEST

/* ---- processes ---- */

static struct addr
process(pid_t pid, uid_t uid)
{
	return (struct addr){ .process = {
				  .family = AF_UNIX, .pid = pid, .uid = uid } };
}

START_TEST(a_process_is_told_by_its_pid_and_user)
{
	struct addr a = process(123, 1000), b = process(INT32_MAX, UINT32_MAX);
	char text[ADDR_TEXT];

	ck_assert_str_eq(addr_format(&a, text), "unix pid 123 uid 1000");
	ck_assert_str_eq(addr_format(&b, text), "unix pid 2147483647 uid 4294967295");
	addr_unmap(&a);
	ck_assert_int_eq(a.process.pid, 123);
	ck_assert_uint_eq(sizeof(a), 28);
}
END_TEST

START_TEST(the_prefix_of_a_process_is_its_user)
{
	struct addr a = process(1, 1000), b = process(2, 1000), c = process(1, 1001);
	struct addr four = { .in = { .sin_family = AF_INET } };
	struct addr_prefix p = addr_prefix(&a), q = addr_prefix(&b),
			   r = addr_prefix(&c);
	struct addr_prefix s;

	ck_assert_mem_eq(&p, &q, sizeof(p));
	ck_assert_mem_ne(&p, &r, sizeof(p));
	four.in.sin_addr.s_addr = 1000;
	s = addr_prefix(&four);
	ck_assert_mem_ne(&p, &s, sizeof(p));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("addr");
	TCase *text = tcase_create("text"), *scope = tcase_create("scope");
	TCase *compare = tcase_create("compare");

	tcase_add_loop_test(text, text_comes_back_as_it_was, 0, ARRAY_SIZE(good));
	tcase_add_loop_test(text, nonsense_is_refused, 0, ARRAY_SIZE(bad));
	tcase_add_test(text, parts_are_where_the_kernel_looks);
	tcase_add_test(text, port_can_be_set);
	tcase_add_test(text, any_is_the_wildcard);
	suite_add_tcase(suite, text);

	tcase_add_test(scope, scope_is_an_interface);
	tcase_add_test(scope, scope_that_does_not_exist);
	tcase_add_test(scope, scope_that_has_gone_is_a_number);
	tcase_add_test(scope, longest_text_has_room);
	suite_add_tcase(suite, scope);

	tcase_add_test(compare, equal_means_all_of_it);
	tcase_add_test(compare, equal_means_each_byte);
	tcase_add_test(compare, equal_means_the_scope_too);
	tcase_add_test(compare, mapped_becomes_what_it_is);
	tcase_add_test(compare, what_is_not_mapped_stays);
	tcase_add_test(compare, prefix_is_an_address_or_a_64);
	tcase_add_test(compare, a_process_is_told_by_its_pid_and_user);
	tcase_add_test(compare, the_prefix_of_a_process_is_its_user);
	suite_add_tcase(suite, compare);
	return run_suite(suite);
}
