#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "echod/config.h"
#include "echod/config_keys.h"
#include "echod/config_scratch.h"
#include "loop/poller.h"
#include "support/run.h"

static char *example; /* conf/echod.conf of the source tree */

/* ---- comparing ---- */

static char *
dump(const struct config *c)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	config_dump(c, out);
	fclose(out);
	return text;
}

static void
assert_same_networks(const struct cidr_list *a, const struct cidr_list *b)
{
	ck_assert_int_eq(a->n, b->n);
	for (int i = 0; i < a->n; i++)
		ck_assert_mem_eq(&a->all[i], &b->all[i], sizeof(a->all[i]));
}

static void
assert_same(const struct config *a, const struct config *b)
{
	ck_assert_int_eq(a->nlisten, b->nlisten);
	for (int i = 0; i < a->nlisten; i++) {
		ck_assert_str_eq(a->listen[i].text, b->listen[i].text);
		ck_assert_int_eq(a->listen[i].kind, b->listen[i].kind);
		ck_assert_int_eq(a->listen[i].both, b->listen[i].both);
		if (a->listen[i].kind == SOCK_UNIX)
			ck_assert_str_eq(a->listen[i].path, b->listen[i].path);
		else
			ck_assert(addr_equal(&a->listen[i].addr, &b->listen[i].addr));
	}
	for (const struct config_key *key = config_keys; key->name != NULL; key++)
		ck_assert_msg(config_key_get(key, a) == config_key_get(key, b),
		    "%s differs", key->name);
	assert_same_networks(&a->access.allow, &b->access.allow);
	assert_same_networks(&a->access.deny, &b->access.deny);
}

/* What is written is read back as the same. */
static void
assert_survives(const struct config *c)
{
	char *text = dump(c);

	assert_right(text);
	assert_same(&got, c);
	free(text);
}

/* ---- defaults ---- */

START_TEST(defaults_are_those_of_the_manual)
{
	struct config c;

	memset(&c, 0x55, sizeof(c));
	config_defaults(&c);
	ck_assert_int_eq(c.port, 8000);
	ck_assert_int_eq(c.nlisten, 0);
	ck_assert_ptr_null(c.listen);
	ck_assert_int_eq(c.max_connections, 1000);
	ck_assert_int_eq(c.max_connections_per_address, 0);
	ck_assert_int_eq(c.accepts_per_second, 0);
	ck_assert_int_eq(c.max_lifetime_ns, 0);
	ck_assert_int_eq(c.bytes_per_second, 0);
	ck_assert_int_eq(c.buffer_size, 262144);
	ck_assert_int_eq(c.idle_ns, SECONDS(300));
	ck_assert_int_eq(c.drain_ns, SECONDS(10));
	ck_assert_int_eq(c.backlog, 4096);
	ck_assert(c.stream.nodelay);
	ck_assert(!c.stream.keepalive);
	ck_assert(!c.reuse_port);
	ck_assert_int_eq(c.unix_mode, 0666);
	ck_assert_int_eq(c.access.allow.n, 0);
	ck_assert_int_eq(c.access.deny.n, 0);
	ck_assert(!c.udp_allow_low_ports);
	ck_assert_int_eq(c.udp_rate_per_address, 1000);
	ck_assert_int_eq(c.udp_burst_per_address, 1000);
	ck_assert_int_eq(c.log_level, LOG_LEVEL_INFO);
	ck_assert_int_eq(c.log_target, LOG_TARGET_AUTO);
	ck_assert_str_eq(c.backend, "auto");
	ck_assert_int_eq(c.spin_us, 50);
	config_release(&c);
}
END_TEST

/* ---- the example ---- */

START_TEST(the_example_is_the_defaults)
{
	struct config defaults;

	config_defaults(&defaults);
	assert_right(example);
	assert_same(&got, &defaults);
}
END_TEST

/* Is there a line that sets name, be it in a comment? */
static bool
sets(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = text; (p = strstr(p, name)) != NULL; p += len)
		if (strchr("\t\n#", p[-1]) != NULL && strncmp(p + len, " = ", 3) == 0)
			return true;
	return false;
}

static void
append_missing(const char *key, void *arg)
{
	const char *dot = strchr(key, '.');

	if (!sets(example, dot == NULL ? key : dot + 1))
		strcat(strcat(arg, key), " ");
}

START_TEST(the_example_has_every_key)
{
	char missing[1000] = "";

	config_each_key(append_missing, missing);
	ck_assert_str_eq(missing, "");
	append_missing("limits.no_such_key", missing);
	ck_assert_str_eq(missing, "limits.no_such_key ");
}
END_TEST

/* ---- the dump ---- */

START_TEST(the_dump_is_a_whole_file)
{
	static const char beginning[] = "port = 8000; ";
	struct config c;
	char *text;

	config_defaults(&c);
	text = dump(&c);
	ck_assert_mem_eq(text, beginning, strlen(beginning));
	ck_assert_ptr_nonnull(strstr(text,
	    "\n\nlimits: {\n\tmax_connections = 1000; "));
	ck_assert_ptr_nonnull(strstr(text, "\tidle = 300; "));
	ck_assert_ptr_nonnull(strstr(text, " # seconds without a byte"));
	ck_assert_ptr_nonnull(strstr(text, "\tlevel = \"info\"; "));
	ck_assert_ptr_nonnull(strstr(text, "\n};\n\nloop: {\n\tbackend = \"auto\"; "));
	ck_assert_ptr_null(strstr(text, "listen = "));
	free(text);
}
END_TEST

START_TEST(the_dump_of_the_defaults_is_read_back)
{
	struct config c;

	config_defaults(&c);
	assert_survives(&c);
}
END_TEST

START_TEST(the_dump_of_anything_is_read_back)
{
	struct config c;

	config_defaults(&c);
	c.port = 1;
	c.max_connections = 2;
	c.max_connections_per_address = 3;
	c.accepts_per_second = 7;
	c.max_lifetime_ns = MILLISECONDS(8500);
	c.bytes_per_second = 100000000000;
	c.buffer_size = 4096;
	c.idle_ns = MILLISECONDS(1500);
	c.drain_ns = 0;
	c.backlog = 5;
	c.stream.nodelay = false;
	c.stream.keepalive = c.reuse_port = true;
	c.unix_mode = 0070;
	c.udp_allow_low_ports = true;
	c.udp_rate_per_address = 9;
	c.udp_burst_per_address = 10;
	c.log_level = LOG_LEVEL_ERROR;
	c.log_target = LOG_TARGET_SYSLOG;
	c.backend = poller_select.name;
	c.spin_us = 6;
	assert_survives(&c);
}
END_TEST

START_TEST(the_dump_of_a_list_is_read_back)
{
	struct config c;
	char *text;

	assert_right("listen = ( \"127.0.0.1:8000\", \"*:0\", \"[::1]:08000\","
		     "           \"udp:*:1\", \"unix:/a\\\"b\\\\c\\nd\" );"
		     "access: { allow = [ \"10.0.0.0/8\", \"::1\" ];"
		     "          deny = [ \"10.1.0.0/16\" ]; };");
	c = got;
	config_defaults(&got); /* c has it now */
	text = dump(&c);
	ck_assert_ptr_null(strstr(text, "\nport = "));
	ck_assert_int_eq(strncmp(text, "listen = [", 10), 0);
	ck_assert_ptr_nonnull(strstr(text, "\"unix:/a\\\"b\\\\c\\x0ad\" ];\n"));
	ck_assert_ptr_nonnull(strstr(text,
	    "\tallow = [ \"10.0.0.0/8\", \"::1/128\" ];\n"));
	free(text);
	assert_survives(&c);
	config_release(&c);
}
END_TEST

START_TEST(seconds_are_read_back_to_the_nanosecond)
{
	static const int64_t times_ns[] = { 1, 10, 999999999, 1000000001, 333333333333,
		86399999999999, 2591999999999999, 2592000000000000 };
	struct config c;

	config_defaults(&c);
	for (size_t i = 0; i < ARRAY_SIZE(times_ns); i++) {
		c.idle_ns = times_ns[i];
		assert_survives(&c);
	}
	srandom(1);
	for (int i = 0; i < 200; i++) {
		c.idle_ns = ((int64_t)random() << 31 | random()) % SECONDS(2592000);
		assert_survives(&c);
	}
}
END_TEST

/* ---- the rest ---- */

START_TEST(a_port_of_the_command_line_replaces_the_list)
{
	struct config c;

	assert_right("listen = [ \"127.0.0.1:8000\" ];");
	c = got;
	config_defaults(&got);
	config_set_port(&c, 7);
	ck_assert_int_eq(c.port, 7);
	ck_assert_int_eq(c.nlisten, 0);
	ck_assert_ptr_null(c.listen);
	config_release(&c);
}
END_TEST

static void
append(const char *key, void *arg)
{
	strcat(strcat(arg, key), " ");
}

START_TEST(some_keys_take_a_restart)
{
	char changed[200] = "";
	struct config was, is;

	config_defaults(&was);
	config_defaults(&is);
	is.port = 1;
	is.idle_ns = 0;
	is.stream.nodelay = false;
	is.log_level = LOG_LEVEL_DEBUG;
	config_each_restart_key(&was, &is, append, changed);
	ck_assert_str_eq(changed, "");

	is.buffer_size = 4096;
	is.backend = poller_select.name;
	is.spin_us = 0;
	config_each_restart_key(&was, &is, append, changed);
	ck_assert_str_eq(changed, "limits.buffer_size loop.backend loop.spin_us ");
}
END_TEST

START_TEST(every_key_is_visited)
{
	char keys[1000] = "";

	config_each_key(append, keys);
	ck_assert_str_eq(keys,
	    "port limits.max_connections limits.max_connections_per_address "
	    "limits.accepts_per_second limits.max_lifetime limits.bytes_per_second "
	    "limits.buffer_size timeouts.idle timeouts.drain socket.backlog "
	    "socket.nodelay socket.keepalive socket.reuse_port socket.unix_mode "
	    "access.allow access.deny udp.allow_low_ports udp.rate_per_address "
	    "udp.burst_per_address log.level log.target "
	    "loop.backend loop.spin_us listen ");
}
END_TEST

/* Before scratch_enter(): srcdir may be relative. */
static void
read_example(void)
{
	const char *srcdir = getenv("srcdir");
	char path[1000];
	FILE *in;
	size_t size = 0;

	example = NULL;
	snprintf(path, sizeof(path), "%s/conf/echod.conf",
	    srcdir == NULL ? "." : srcdir);
	in = fopen(path, "r");
	ck_assert_msg(in != NULL, "cannot open %s", path);
	ck_assert_int_gt(getdelim(&example, &size, '\0', in), 0);
	fclose(in);
}

static void
free_example(void)
{
	free(example);
}

int
main(void)
{
	Suite *suite = suite_create("config");
	TCase *plain = tcase_create("plain"), *files = tcase_create("files");

	tcase_add_test(plain, defaults_are_those_of_the_manual);
	tcase_add_test(plain, the_dump_is_a_whole_file);
	tcase_add_test(plain, some_keys_take_a_restart);
	tcase_add_test(plain, every_key_is_visited);
	suite_add_tcase(suite, plain);

	tcase_add_checked_fixture(files, read_example, free_example);
	tcase_add_checked_fixture(files, scratch_enter, scratch_leave);
	tcase_add_test(files, the_example_is_the_defaults);
	tcase_add_test(files, the_example_has_every_key);
	tcase_add_test(files, the_dump_of_the_defaults_is_read_back);
	tcase_add_test(files, the_dump_of_anything_is_read_back);
	tcase_add_test(files, the_dump_of_a_list_is_read_back);
	tcase_add_test(files, seconds_are_read_back_to_the_nanosecond);
	tcase_add_test(files, a_port_of_the_command_line_replaces_the_list);
	suite_add_tcase(suite, files);
	return run_suite(suite);
}
