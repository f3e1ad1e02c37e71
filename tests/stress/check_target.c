#include "stress/target.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "support/run.h"

/* ---- HOST[:PORT] ---- */

static const struct {
	const char *text, *host, *port;
} good[] = {
	{ "localhost", "localhost", "8000" },
	{ "localhost:7", "localhost", "7" },
	{ "127.0.0.1:65535", "127.0.0.1", "65535" },
	{ "::1", "::1", "8000" },
	{ "2001:db8::7:8000", "2001:db8::7:8000", "8000" },
	{ "[::1]", "::1", "8000" },
	{ "[::1]:9000", "::1", "9000" },
	{ "[fe80::1%eth0]:1", "fe80::1%eth0", "1" },
	{ "a-name.example", "a-name.example", "8000" },
};

START_TEST(host_and_port)
{
	struct target t;

	ck_assert_int_eq(target_parse(&t, good[_i].text), 0);
	ck_assert_str_eq(t.host, good[_i].host);
	ck_assert_str_eq(t.port, good[_i].port);
	target_release(&t);
}
END_TEST

START_TEST(kinds)
{
	char text[ADDR_TEXT];
	struct target t;

	ck_assert_int_eq(target_parse(&t, "127.0.0.1:7"), 0);
	ck_assert(!t.udp && t.path == NULL);
	target_release(&t);
	ck_assert_int_eq(target_parse(&t, "udp:[::1]:7"), 0);
	ck_assert(t.udp && t.path == NULL);
	ck_assert_str_eq(t.host, "::1");
	ck_assert_str_eq(t.port, "7");
	target_release(&t);
	ck_assert_int_eq(target_parse(&t, "unix:/run/echo:d"), 0);
	ck_assert(!t.udp);
	ck_assert_str_eq(t.path, "/run/echo:d");
	ck_assert_int_eq(target_resolve(&t, AF_INET6), 0);
	ck_assert_str_eq(target_where(&t, text), "unix:/run/echo:d");
	target_release(&t);
}
END_TEST

static const char *const bad[] = { "", ":", ":8000", "host:", "host:0", "host:65536",
	"host:80x", "host:-1", "host: 80", "[]", "[]:80", "[::1", "[::1]80",
	"[::1]:", "[::1]:0", "udp:", "udp:host:0", "unix:", "unix:run" };

START_TEST(no_target)
{
	struct target t;

	ck_assert_int_eq(target_parse(&t, bad[_i]), -EINVAL);
}
END_TEST

START_TEST(numbers_resolve_to_themselves)
{
	char text[ADDR_TEXT];
	struct target t;

	ck_assert_int_eq(target_parse(&t, "127.0.0.1:7"), 0);
	ck_assert_int_eq(target_resolve(&t, AF_UNSPEC), 0);
	ck_assert_int_eq(t.naddrs, 1);
	ck_assert_str_eq(addr_format(&t.addrs[0], text), "127.0.0.1:7");
	ck_assert_int_ne(target_resolve(&t, AF_INET6), 0);
	target_release(&t);
}
END_TEST

/* ---- --source ---- */

/* The one interface there is. */
unsigned __wrap_if_nametoindex(const char *name);
char *__wrap_if_indextoname(unsigned index, char *name);

unsigned
__wrap_if_nametoindex(const char *name)
{
	return strcmp(name, "br-lan") == 0 ? 5 : 0;
}

char *
__wrap_if_indextoname(unsigned index, char *name)
{
	return index == 5 ? strcpy(name, "br-lan") : NULL;
}

static const struct {
	const char *text, *first, *last;
	uint32_t count;
} sources[] = {
	{ "127.0.0.1", "127.0.0.1:0", "127.0.0.1:0", 1 },
	{ "127.0.0.1-127.0.0.8", "127.0.0.1:0", "127.0.0.8:0", 8 },
	{ "10.0.0.250-10.0.1.5", "10.0.0.250:0", "10.0.1.5:0", 12 },
	{ "::1-::20", "[::1]:0", "[::20]:0", 32 },
	{ "fe80::1%br-lan", "[fe80::1%br-lan]:0", "[fe80::1%br-lan]:0", 1 },
	{ "fe80::1%br-lan-fe80::4%br-lan", "[fe80::1%br-lan]:0", "[fe80::4%br-lan]:0",
	    4 },
};

START_TEST(sources_go_round)
{
	struct source_range s;
	struct addr a;
	char text[ADDR_TEXT];

	ck_assert_int_eq(source_parse(&s, sources[_i].text), 0);
	ck_assert_uint_eq(s.count, sources[_i].count);
	a = source_nth(&s, 0);
	ck_assert_str_eq(addr_format(&a, text), sources[_i].first);
	a = source_nth(&s, s.count - 1);
	ck_assert_str_eq(addr_format(&a, text), sources[_i].last);
	a = source_nth(&s, s.count);
	ck_assert_str_eq(addr_format(&a, text), sources[_i].first);
}
END_TEST

static const char *const no_sources[] = { "", "-", "127.0.0.1-", "-127.0.0.1",
	"127.0.0.2-127.0.0.1", "127.0.0.9-127.0.0.1", "127.0.0.1-::1", "::1-127.0.0.1",
	"localhost", "127.0.0.1:80", "::1-1::2" };

START_TEST(no_source)
{
	struct source_range s;

	ck_assert_int_eq(source_parse(&s, no_sources[_i]), -EINVAL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("target");
	TCase *tc = tcase_create("target");

	tcase_add_loop_test(tc, host_and_port, 0, 9);
	tcase_add_loop_test(tc, no_target, 0, 19);
	tcase_add_test(tc, kinds);
	tcase_add_test(tc, numbers_resolve_to_themselves);
	tcase_add_loop_test(tc, sources_go_round, 0, ARRAY_SIZE(sources));
	tcase_add_loop_test(tc, no_source, 0, 11);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
