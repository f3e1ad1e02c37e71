#include <check.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/util.h"
#include "echod/config_scratch.h"
#include "echod/config_text.h"
#include "loop/poller.h"
#include "support/run.h"

/* ---- what is right ---- */

START_TEST(each_key_is_read)
{
	assert_right("port = 1;\n"
		     "limits: { max_connections = 2; max_connections_per_address = 3;\n"
		     "          buffer_size = 4096; accepts_per_second = 9;\n"
		     "          max_lifetime = 10.5; bytes_per_second = 11; };\n"
		     "timeouts: { idle = 5; drain = 6; };\n"
		     "socket: { backlog = 7; nodelay = false; keepalive = true;\n"
		     "          reuse_port = true; unix_mode = \"0640\"; };\n"
		     "access: { allow = [ \"10.0.0.0/8\", \"::1\" ];\n"
		     "          deny = ( \"10.1.0.0/16\" ); };\n"
		     "udp: { allow_low_ports = true; rate_per_address = 12;\n"
		     "       burst_per_address = 13; };\n"
		     "log: { level = \"warning\"; target = \"syslog\"; };\n"
		     "loop: { backend = \"select\"; spin_us = 8; };\n");
	ck_assert_int_eq(got.port, 1);
	ck_assert_int_eq(got.nlisten, 0);
	ck_assert_int_eq(got.max_connections, 2);
	ck_assert_int_eq(got.max_connections_per_address, 3);
	ck_assert_int_eq(got.buffer_size, 4096);
	ck_assert_int_eq(got.idle_ns, SECONDS(5));
	ck_assert_int_eq(got.drain_ns, SECONDS(6));
	ck_assert_int_eq(got.backlog, 7);
	ck_assert(!got.stream.nodelay);
	ck_assert(got.stream.keepalive);
	ck_assert(got.reuse_port);
	ck_assert_int_eq(got.accepts_per_second, 9);
	ck_assert_int_eq(got.max_lifetime_ns, MILLISECONDS(10500));
	ck_assert_int_eq(got.bytes_per_second, 11);
	ck_assert_int_eq(got.unix_mode, 0640);
	ck_assert_int_eq(got.access.allow.n, 2);
	ck_assert_int_eq(got.access.allow.all[0].bits, 8);
	ck_assert_int_eq(got.access.allow.all[1].family, AF_INET6);
	ck_assert_int_eq(got.access.deny.n, 1);
	ck_assert_int_eq(got.access.deny.all[0].bits, 16);
	ck_assert(got.udp_allow_low_ports);
	ck_assert_int_eq(got.udp_rate_per_address, 12);
	ck_assert_int_eq(got.udp_burst_per_address, 13);
	ck_assert_int_eq(got.log_level, LOG_LEVEL_WARNING);
	ck_assert_int_eq(got.log_target, LOG_TARGET_SYSLOG);
	ck_assert_str_eq(got.backend, "select");
	ck_assert_int_eq(got.spin_us, 8);
}
END_TEST

START_TEST(an_empty_file_is_the_defaults)
{
	struct config defaults;

	config_defaults(&defaults);
	assert_right("");
	ck_assert_mem_eq(&got, &defaults, sizeof(got));
	assert_right("# nothing\n// at\r\n/* all */ limits: { };\n");
	ck_assert_mem_eq(&got, &defaults, sizeof(got));
}
END_TEST

START_TEST(every_word_is_known)
{
	static const char *const levels[] = { "debug", "info", "warning", "error" };
	static const char *const targets[] = { "auto", "stderr", "syslog" };
	char text[80];

	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "log: { level = \"%s\"; };", levels[i]);
		assert_right(text);
		ck_assert_int_eq(got.log_level, LOG_LEVEL_DEBUG + i);
	}
	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "log: { target = \"%s\"; };", targets[i]);
		assert_right(text);
		ck_assert_int_eq(got.log_target, LOG_TARGET_AUTO + i);
	}
}
END_TEST

START_TEST(integers_are_of_either_size)
{
	assert_right("port = 8001L;");
	ck_assert_int_eq(got.port, 8001);
	assert_right("port = 0x1F90;");
	ck_assert_int_eq(got.port, 8080);
	assert_right("port = +9; timeouts: { idle = 10L; };");
	ck_assert_int_eq(got.port, 9);
	ck_assert_int_eq(got.idle_ns, SECONDS(10));
}
END_TEST

START_TEST(integers_are_not_octal)
{
	assert_right("port = 0644; timeouts: { idle = +08; };");
	ck_assert_int_eq(got.port, 644);
	ck_assert_int_eq(got.idle_ns, SECONDS(8));
}
END_TEST

START_TEST(a_comment_may_end_the_file)
{
	assert_right("#");
	assert_right("port = 7; # 8");
	ck_assert_int_eq(got.port, 7);
	assert_right("port = 9; // 10");
	ck_assert_int_eq(got.port, 9);
}
END_TEST

START_TEST(seconds_may_have_decimals)
{
	assert_right("timeouts: { idle = 0.25; drain = 1.5; };");
	ck_assert_int_eq(got.idle_ns, MILLISECONDS(250));
	ck_assert_int_eq(got.drain_ns, MILLISECONDS(1500));
	assert_right("timeouts: { idle = 0.000000001; };");
	ck_assert_int_eq(got.idle_ns, 1);
	assert_right("timeouts: { idle = 0.0; };");
	ck_assert_int_eq(got.idle_ns, 0);
}
END_TEST

START_TEST(hardly_any_time_is_not_never)
{
	assert_right("timeouts: { idle = 0.0000000001; };");
	ck_assert_int_eq(got.idle_ns, 1);
}
END_TEST

/* To look for each string of a long list would take time by the square of its length. */
static int searches;

int __wrap_config_text_find(const struct config_text *t, const char *string, int first,
    int last);
int __real_config_text_find(const struct config_text *t, const char *string, int first,
    int last);

int
__wrap_config_text_find(const struct config_text *t, const char *string, int first,
    int last)
{
	searches++;
	return __real_config_text_find(t, string, first, last);
}

START_TEST(the_text_is_searched_only_for_what_is_wrong)
{
	assert_right("access: { deny = [ \"::1\", \"::2\", \"::3\" ]; };");
	ck_assert_int_eq(searches, 0);
	assert_wrong("access: { deny = [ \"::1\", \"x\" ]; };",
	    "t:1: access.deny: \"x\" is not an address or a prefix such as "
	    "\"192.0.2.0/24\" or \"2001:db8::/32\"\n");
	ck_assert_int_eq(searches, 1);
}
END_TEST

/* ---- what is wrong ---- */

START_TEST(unknown_names)
{
	assert_wrong("ports = 1;\nlimits: {\n  port = 2; };\nextra: { };\n",
	    "t:1: unknown key 'ports'\n"
	    "t:3: unknown key 'limits.port'\n"
	    "t:4: unknown group 'extra'\n");
	assert_wrong("limit: { };\nlimits: { lifetime = 1;\nlimits: { }; };\n",
	    "t:1: unknown group 'limit'\n"
	    "t:2: unknown key 'limits.lifetime'\n"
	    "t:3: unknown group 'limits.limits'\n");
}
END_TEST

START_TEST(wrong_types)
{
	assert_wrong("port = \"8000\";\nsocket: { nodelay = 1;\nbacklog = true; };\n"
		     "timeouts: { idle = \"5\";\ndrain = false; };\nlog: { level = 1;\n"
		     "target = \"\"; };\nlimits: { max_connections = 1.5; };",
	    "t:1: port must be an integer, not a string\n"
	    "t:2: socket.nodelay must be true or false, not an integer\n"
	    "t:3: socket.backlog must be an integer, not true or false\n"
	    "t:4: timeouts.idle must be a number of seconds, not a string\n"
	    "t:5: timeouts.drain must be a number of seconds, not true or false\n"
	    "t:6: log.level must be \"debug\", \"info\", \"warning\" or \"error\", "
	    "not an integer\n"
	    "t:7: log.target must be \"auto\", \"stderr\" or \"syslog\", not \"\"\n"
	    "t:8: limits.max_connections must be an integer, not a decimal number\n");
	assert_wrong("port: { };\nlimits = 5;\nloop = [ 1 ];\nlog = ( );\n",
	    "t:1: port must be an integer, not a group\n"
	    "t:2: limits must be a group, not an integer\n"
	    "t:3: loop must be a group, not an array\n"
	    "t:4: log must be a group, not a list\n");
}
END_TEST

static const struct {
	const char *group, *key, *low, *high; /* the last that are right */
	const char *below, *above, *message;
} ranges[] = {
	{ "", "port", "0", "65535", "-1", "65536", "port must be from 0 to 65535" },
	{ "limits", "max_connections", "1", "1000000", "0", "1000001",
	    "limits.max_connections must be from 1 to 1000000" },
	{ "limits", "max_connections_per_address", "0", "1000000", "-1", "1000001",
	    "limits.max_connections_per_address must be from 0 to 1000000" },
	{ "limits", "buffer_size", "1024", "16777216", "1023", "16777217",
	    "limits.buffer_size must be from 1024 to 16777216" },
	{ "limits", "accepts_per_second", "0", "1000000", "-1", "1000001",
	    "limits.accepts_per_second must be from 0 to 1000000" },
	{ "limits", "max_lifetime", "0", "2592000", "-1", "2592001",
	    "limits.max_lifetime must be from 0 to 2592000 seconds" },
	{ "limits", "bytes_per_second", "0", "100000000000", "-1", "100000000001",
	    "limits.bytes_per_second must be from 0 to 100000000000" },
	{ "udp", "rate_per_address", "0", "1000000", "-1", "1000001",
	    "udp.rate_per_address must be from 0 to 1000000" },
	{ "udp", "burst_per_address", "0", "1000000", "-1", "1000001",
	    "udp.burst_per_address must be from 0 to 1000000" },
	{ "timeouts", "idle", "0", "2592000", "-1", "2592001",
	    "timeouts.idle must be from 0 to 2592000 seconds" },
	{ "timeouts", "drain", "0.0", "86400.0", "-0.5", "86400.5",
	    "timeouts.drain must be from 0 to 86400 seconds" },
	{ "socket", "backlog", "1", "65535", "0", "65536",
	    "socket.backlog must be from 1 to 65535" },
	{ "loop", "spin_us", "0", "1000", "-1", "1001",
	    "loop.spin_us must be from 0 to 1000" },
};

static void
format_setting(char *buf, size_t size, const char *group, const char *key,
    const char *value)
{
	if (*group == '\0')
		snprintf(buf, size, "%s = %s;", key, value);
	else
		snprintf(buf, size, "%s: { %s = %s; };", group, key, value);
}

START_TEST(numbers_keep_their_range)
{
	const char *right[] = { ranges[_i].low, ranges[_i].high };
	const char *wrong[] = { ranges[_i].below, ranges[_i].above };
	char text[128], complaint[128];

	for (int i = 0; i < 2; i++) {
		format_setting(text, sizeof(text), ranges[_i].group, ranges[_i].key,
		    right[i]);
		assert_right(text);
		format_setting(text, sizeof(text), ranges[_i].group, ranges[_i].key,
		    wrong[i]);
		snprintf(complaint, sizeof(complaint), "t:1: %s, not %s\n",
		    ranges[_i].message, wrong[i]);
		assert_wrong(text, complaint);
	}
}
END_TEST

START_TEST(unknown_words)
{
	assert_wrong("log: { level = \"loud\"; target = \"stdout\"; };\n"
		     "loop: { backend = \"poll\"; };",
	    "t:1: log.level must be \"debug\", \"info\", \"warning\" or \"error\", "
	    "not \"loud\"\n"
	    "t:1: log.target must be \"auto\", \"stderr\" or \"syslog\", not "
	    "\"stdout\"\n"
	    "t:2: loop.backend must be \"auto\", \"select\" or \"epoll\", not "
	    "\"poll\"\n");
}
END_TEST

START_TEST(a_backend_must_be_in_the_build)
{
	static const char text[] = "loop: { backend = \"epoll\"; };";

	if (poller_find("epoll") != NULL)
		assert_right(text);
	else
		assert_wrong(text,
		    "t:1: loop.backend: this echod is built without epoll\n");
}
END_TEST

START_TEST(port_and_listen_exclude_each_other)
{
	assert_wrong("port = 1;\n\nlisten = [ \"127.0.0.1:1\" ];",
	    "t:3: there may be `port` or `listen`, not both\n");
	assert_wrong("listen = [ \"127.0.0.1:1\" ];\nport = 1;",
	    "t:2: there may be `port` or `listen`, not both\n");
}
END_TEST

START_TEST(a_key_stands_once)
{
	assert_wrong("port = 1;\nport = 2;\n", "t:2: duplicate setting name\n");
	assert_wrong("log: { };\n\nlog: { };\n", "t:3: duplicate setting name\n");
}
END_TEST

static const char *const modes[] = { "000", "0000", "7", "600", "0777", "777", "1777",
	"01777", "0888", "", "0x1ff", "-600", " 600", "u=rw", "00600", "600x" };

START_TEST(a_mode_is_octal)
{
	static const int values[ARRAY_SIZE(modes)] = { 0, 0, -1, 0600, 0777, 0777, -1,
		-1, -1, -1, -1, -1, -1, -1, -1, -1 };
	char text[80], complaint[128];

	snprintf(text, sizeof(text), "socket: { unix_mode = \"%s\"; };", modes[_i]);
	snprintf(complaint, sizeof(complaint),
	    "t:1: socket.unix_mode must be octal digits from \"0000\" to \"0777\", not "
	    "\"%s\"\n",
	    modes[_i]);
	if (values[_i] < 0) {
		assert_wrong(text, complaint);
		return;
	}
	assert_right(text);
	ck_assert_int_eq(got.unix_mode, values[_i]);
}
END_TEST

START_TEST(a_mode_is_a_string)
{
	assert_wrong("socket: { unix_mode = 0666; };",
	    "t:1: socket.unix_mode must be a string such as \"0666\", not an "
	    "integer\n");
}
END_TEST

START_TEST(bad_networks)
{
	assert_wrong("access: {\n allow = (\n \"10.0.0.0/8\",\n \"10.0.0.0/33\",\n 5,\n"
		     " \"example.org\" );\n deny = \"::1\"; };",
	    "t:4: access.allow: \"10.0.0.0/33\" is not an address or a prefix such as "
	    "\"192.0.2.0/24\" or \"2001:db8::/32\"\n"
	    "t:5: an address in access.allow must be a string, not an integer\n"
	    "t:6: access.allow: \"example.org\" is not an address or a prefix such as "
	    "\"192.0.2.0/24\" or \"2001:db8::/32\"\n"
	    "t:7: access.deny must be a list of addresses and prefixes, not a "
	    "string\n");
}
END_TEST

START_TEST(errors_before_broken_grammar_are_told)
{
	assert_wrong("limits: {\n max_connections = 0;\n};\nport = = 3;\n",
	    "t:2: limits.max_connections must be from 1 to 1000000, not 0\n"
	    "t:4: syntax error\n");
	assert_wrong("port = ;", "t:1: syntax error\n");
}
END_TEST

/* ---- listen ---- */

START_TEST(listen_is_a_list_or_an_array)
{
	assert_right("listen = [ \"127.0.0.1:8000\", \"[::1]:8001\" ];");
	ck_assert_int_eq(got.nlisten, 2);
	ck_assert_str_eq(got.listen[0].text, "127.0.0.1:8000");
	ck_assert_int_eq(addr_port(&got.listen[0].addr), 8000);
	ck_assert_str_eq(got.listen[1].text, "[::1]:8001");
	ck_assert_int_eq(got.listen[1].addr.sa.sa_family, AF_INET6);
	ck_assert(!got.listen[0].both && !got.listen[1].both);
	assert_right("listen = ( \"127.0.0.1:0\" );");
	ck_assert_int_eq(got.nlisten, 1);
}
END_TEST

START_TEST(a_star_is_both_families)
{
	struct addr any = addr_any(AF_INET, 8000);

	assert_right("listen = ( \"*:8000\", \"[::1]:8001\" );");
	ck_assert_str_eq(got.listen[0].text, "*:8000");
	ck_assert(got.listen[0].both);
	ck_assert(addr_equal(&got.listen[0].addr, &any));
	ck_assert(!got.listen[1].both);
}
END_TEST

START_TEST(datagrams_and_paths)
{
	assert_right("listen = [ \"udp:127.0.0.1:7\", \"udp:[::1]:7\", \"udp:*:8\",\n"
		     " \"unix:/run/e\" ];");
	ck_assert_int_eq(got.nlisten, 4);
	ck_assert_int_eq(got.listen[0].kind, SOCK_UDP);
	ck_assert_str_eq(got.listen[0].text, "udp:127.0.0.1:7");
	ck_assert_int_eq(addr_port(&got.listen[0].addr), 7);
	ck_assert(!got.listen[0].both);
	ck_assert_int_eq(got.listen[1].addr.sa.sa_family, AF_INET6);
	ck_assert_int_eq(got.listen[2].kind, SOCK_UDP);
	ck_assert(got.listen[2].both);
	ck_assert_int_eq(got.listen[3].kind, SOCK_UNIX);
	ck_assert_str_eq(got.listen[3].path, "/run/e");
}
END_TEST

START_TEST(link_local_takes_an_interface)
{
	assert_right("listen = [ \"[fe80::1%lo]:80\", \"udp:[fe80::1%lo]:80\" ];");
	ck_assert_uint_eq(got.listen[0].addr.in6.sin6_scope_id, 1);
	assert_wrong("listen = [ \"udp:[fe80::1]:80\" ];",
	    "t:1: listen: \"udp:[fe80::1]:80\" is link-local: it takes an interface, "
	    "as "
	    "in \"[fe80::1%eth0]:8000\"\n");
}
END_TEST

START_TEST(a_mapped_address_is_the_one_it_maps)
{
	assert_right("listen = [ \"[::ffff:127.0.0.1]:80\" ];");
	ck_assert_int_eq(got.listen[0].addr.sa.sa_family, AF_INET);
	assert_wrong("listen = [ \"127.0.0.1:80\", \"[::ffff:127.0.0.1]:80\" ];",
	    "t:1: listen: \"[::ffff:127.0.0.1]:80\" is there already\n");
}
END_TEST

START_TEST(an_address_is_that_of_one_host)
{
	static const char *const many[] = { "224.0.0.5:80", "239.255.255.255:80",
		"255.255.255.255:80", "[ff02::1]:80" };

	for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
		char text[100], wrong[200];

		snprintf(text, sizeof(text), "listen = [ \"udp:%s\" ];", many[i]);
		snprintf(wrong, sizeof(wrong),
		    "t:1: listen: \"udp:%s\" is not the address of one host, so nobody "
		    "could be answered from it\n",
		    many[i]);
		assert_wrong(text, wrong);
	}
	assert_right("listen = [ \"udp:223.0.0.5:80\", \"udp:240.0.0.1:80\" ];");
}
END_TEST

#define PATH_100                                                                       \
	"0123456789012345678901234567890123456789012345678"                            \
	"901234567890123456789012345678901234567890123456789"

START_TEST(a_path_has_to_fit)
{
	assert_right("listen = [ \"unix:/" PATH_100 "123456\" ];");
	assert_wrong("listen = [ \"unix:/" PATH_100 "1234567\" ];",
	    "t:1: listen: \"unix:/" PATH_100
	    "1234567\" has a path of more than 107 bytes\n");
	assert_wrong("listen = [ \"unix:run\", \"unix:\" ];",
	    "t:1: listen: \"unix:run\" is not the path of a socket, which begins with "
	    "/\n"
	    "t:1: listen: \"unix:\" is not the path of a socket, which begins with "
	    "/\n");
}
END_TEST

#define NO_ADDRESS                                                                     \
	" is not an address such as \"127.0.0.1:8000\", \"[::1]:8000\" or "            \
	"\"*:8000\"\n"

START_TEST(bad_addresses)
{
	assert_wrong("listen = (\n \"127.0.0.1:8000\",\n \"localhost:80\",\n 80,\n"
		     " \"udp:127.0.0.1\",\n \"udp:udp:*:1\",\n \"*\",\n \"*:70000\",\n"
		     " \"[::1%no-such-if]:80\",\n \"\"\n\n);",
	    "t:3: listen: \"localhost:80\"" NO_ADDRESS
	    "t:4: an address in listen must be a string, not an integer\n"
	    "t:5: listen: \"udp:127.0.0.1\"" NO_ADDRESS
	    "t:6: listen: \"udp:udp:*:1\"" NO_ADDRESS "t:7: listen: \"*\"" NO_ADDRESS
	    "t:8: listen: \"*:70000\"" NO_ADDRESS
	    "t:9: listen: \"[::1%no-such-if]:80\" names an interface that does not "
	    "exist\n"
	    "t:10: listen: \"\"" NO_ADDRESS);
}
END_TEST

START_TEST(an_address_stands_once)
{
	assert_wrong("listen = ( \"127.0.0.1:80\",\n\"127.0.0.1:080\"\n);",
	    "t:2: listen: \"127.0.0.1:080\" is there already\n");
	assert_wrong("listen = ( \"*:80\",\n\"[::]:80\",\n\"0.0.0.0:80\", \"*:81\");",
	    "t:2: listen: \"[::]:80\" is there already\n"
	    "t:3: listen: \"0.0.0.0:80\" is there already\n");
	assert_wrong("listen = ( \"[::]:80\",\n\"*:80\");",
	    "t:2: listen: \"*:80\" is there already\n");
	assert_wrong("listen = ( \"udp:*:80\",\n\"udp:[::]:80\",\n\"unix:/a\",\n"
		     "\"unix:/a\");",
	    "t:2: listen: \"udp:[::]:80\" is there already\n"
	    "t:4: listen: \"unix:/a\" is there already\n");
	assert_right("listen = ( \"*:80\", \"udp:*:80\", \"unix:/a\", \"unix:/b\" );");
}
END_TEST

START_TEST(listen_is_not_empty_nor_anything_else)
{
	assert_wrong("listen = [ ];", "t:1: listen must have an address\n");
	assert_wrong("\nlisten = \"127.0.0.1:80\";",
	    "t:2: listen must be a list of addresses, not a string\n");
	assert_wrong("listen: { };",
	    "t:1: listen must have an address\n"
	    "t:1: listen must be a list of addresses, not a group\n");
	assert_wrong("listen = 8000;",
	    "t:1: listen must be a list of addresses, not an integer\n");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("config_load");
	TCase *right = tcase_create("right"), *wrong = tcase_create("wrong"),
	      *listen = tcase_create("listen");
	TCase *all[] = { right, wrong, listen };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		tcase_add_checked_fixture(all[i], scratch_enter, scratch_leave);
		suite_add_tcase(suite, all[i]);
	}
	tcase_add_test(right, each_key_is_read);
	tcase_add_test(right, an_empty_file_is_the_defaults);
	tcase_add_test(right, every_word_is_known);
	tcase_add_test(right, integers_are_of_either_size);
	tcase_add_test(right, integers_are_not_octal);
	tcase_add_test(right, a_comment_may_end_the_file);
	tcase_add_test(right, seconds_may_have_decimals);
	tcase_add_test(right, hardly_any_time_is_not_never);
	tcase_add_test(right, the_text_is_searched_only_for_what_is_wrong);
	tcase_add_test(wrong, unknown_names);
	tcase_add_test(wrong, wrong_types);
	tcase_add_loop_test(wrong, numbers_keep_their_range, 0, ARRAY_SIZE(ranges));
	tcase_add_test(wrong, unknown_words);
	tcase_add_test(wrong, a_backend_must_be_in_the_build);
	tcase_add_test(wrong, port_and_listen_exclude_each_other);
	tcase_add_test(wrong, a_key_stands_once);
	tcase_add_loop_test(wrong, a_mode_is_octal, 0, ARRAY_SIZE(modes));
	tcase_add_test(wrong, a_mode_is_a_string);
	tcase_add_test(wrong, bad_networks);
	tcase_add_test(wrong, errors_before_broken_grammar_are_told);
	tcase_add_test(listen, listen_is_a_list_or_an_array);
	tcase_add_test(listen, a_star_is_both_families);
	tcase_add_test(listen, datagrams_and_paths);
	tcase_add_test(listen, a_mapped_address_is_the_one_it_maps);
	tcase_add_test(listen, an_address_is_that_of_one_host);
	tcase_add_test(listen, link_local_takes_an_interface);
	tcase_add_test(listen, a_path_has_to_fit);
	tcase_add_test(listen, bad_addresses);
	tcase_add_test(listen, an_address_stands_once);
	tcase_add_test(listen, listen_is_not_empty_nor_anything_else);
	return run_suite(suite);
}
