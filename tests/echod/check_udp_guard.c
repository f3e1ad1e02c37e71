#include "echod/udp_guard.h"

#include <errno.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/util.h"
#include "support/run.h"

#define START_NS SECONDS(1000)

static struct access rules;
static struct udp_guard guard;

/* ---- the kernel's chance ---- */

static int random_error;

ssize_t __wrap_getrandom(void *buf, size_t size, unsigned flags);
ssize_t __real_getrandom(void *buf, size_t size, unsigned flags);

ssize_t
__wrap_getrandom(void *buf, size_t size, unsigned flags)
{
	errno = random_error;
	return random_error != 0 ? -1 : __real_getrandom(buf, size, flags);
}

/* ---- */

static void
set_up(void)
{
	ck_assert_int_eq(udp_guard_open(&guard), 0);
	guard.access = &rules;
}

static void
tear_down(void)
{
	udp_guard_close(&guard);
	access_drop(&rules);
}

static struct udp_datagram
from(const char *peer)
{
	struct udp_datagram d = { .size = 1, .whole = true, .unicast = true };

	ck_assert_int_eq(addr_parse(&d.peer, peer), 0);
	return d;
}

static enum udp_verdict
judge(const char *peer)
{
	struct udp_datagram d = from(peer);

	return udp_guard_judge(&guard, &d, START_NS);
}

static enum udp_verdict
judge_port(int port)
{
	struct udp_datagram d = from("192.0.2.1:1");

	addr_set_port(&d.peer, (uint16_t)port);
	return udp_guard_judge(&guard, &d, START_NS);
}

START_TEST(without_a_secret_there_is_no_guard)
{
	struct udp_guard other;

	random_error = ENOSYS;
	ck_assert_int_eq(udp_guard_open(&other), -ENOSYS);
	udp_guard_close(&other);
}
END_TEST

START_TEST(an_honest_one_is_answered)
{
	ck_assert_int_eq(judge("192.0.2.1:1024"), UDP_ANSWER);
	ck_assert_int_eq(judge("[2001:db8::1]:65535"), UDP_ANSWER);
	ck_assert_int_eq(judge("127.0.0.1:40000"), UDP_ANSWER);
	ck_assert_int_eq(judge("[::1]:40000"), UDP_ANSWER);
	ck_assert_int_eq(judge("[fe80::1]:40000"), UDP_ANSWER);
	ck_assert_int_eq(judge("[0:0:1::]:40000"), UDP_ANSWER);
	ck_assert_int_eq(judge("[::1:0:0]:40000"), UDP_ANSWER);
	ck_assert_int_eq(judge("240.0.0.1:40000"), UDP_ANSWER);
}
END_TEST

static const int services[] = { 7, 13, 17, 19, 37, 53, 69, 123, 161, 389, 1900, 5353,
	11211 };

static bool
is_listed(int port)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		if (services[i] == port)
			return true;
	return false;
}

static enum udp_verdict
expected_of(int port)
{
	if (port == 0)
		return UDP_PORT_ZERO;
	if (port == 8000)
		return UDP_OWN_PORT;
	if (is_listed(port))
		return UDP_SERVICE;
	return port < 1024 && !guard.allow_low_ports ? UDP_LOW_PORT : UDP_ANSWER;
}

START_TEST(each_port_is_judged)
{
	guard.allow_low_ports = _i;
	udp_guard_own_port(&guard, 8000);
	for (int port = 0; port <= 65535; port++)
		ck_assert_msg(judge_port(port) == expected_of(port), "%d", port);
}
END_TEST

START_TEST(a_port_of_ours_can_be_given_up)
{
	udp_guard_own_port(&guard, 65535);
	udp_guard_own_port(&guard, 64000);
	ck_assert_int_eq(judge_port(65535), UDP_OWN_PORT);
	ck_assert_int_eq(judge_port(64000), UDP_OWN_PORT);
	udp_guard_no_ports(&guard);
	ck_assert_int_eq(judge_port(65535), UDP_ANSWER);
}
END_TEST

START_TEST(nobody_is_many)
{
	struct udp_datagram d = from("192.0.2.1:5000");

	ck_assert_int_eq(judge("255.255.255.255:5000"), UDP_BROADCAST);
	ck_assert_int_eq(judge("224.0.0.1:5000"), UDP_BROADCAST);
	ck_assert_int_eq(judge("239.255.255.255:5000"), UDP_BROADCAST);
	ck_assert_int_eq(judge("0.0.0.0:5000"), UDP_BROADCAST);
	ck_assert_int_eq(judge("[ff02::1]:5000"), UDP_BROADCAST);
	ck_assert_int_eq(judge("[::]:5000"), UDP_BROADCAST);
	ck_assert_int_eq(judge("223.255.255.255:5000"), UDP_ANSWER);
	d.unicast = false;
	ck_assert_int_eq(udp_guard_judge(&guard, &d, START_NS), UDP_BROADCAST);
}
END_TEST

START_TEST(what_was_cut_is_not_answered)
{
	struct udp_datagram d = from("192.0.2.1:5000");

	d.whole = false;
	ck_assert_int_eq(udp_guard_judge(&guard, &d, START_NS), UDP_CUT);
}
END_TEST

START_TEST(access_is_obeyed)
{
	struct cidr c;

	ck_assert_int_eq(cidr_parse(&c, "192.0.2.0/24"), 0);
	ck_assert_int_eq(cidr_list_add(&rules.deny, &c), 0);
	ck_assert_int_eq(judge("192.0.2.1:5000"), UDP_DENIED);
	ck_assert_int_eq(judge("198.51.100.1:5000"), UDP_ANSWER);
}
END_TEST

/* ---- the rate ---- */

/* How many of 100 datagrams are answered; the others for the rate. */
static int
answered(const char *peer, int64_t at_ns)
{
	struct udp_datagram d = from(peer);
	int n = 0;

	for (int i = 0; i < 100; i++) {
		enum udp_verdict verdict = udp_guard_judge(&guard, &d, at_ns);

		ck_assert(verdict == UDP_ANSWER || verdict == UDP_RATE);
		n += verdict == UDP_ANSWER;
	}
	return n;
}

START_TEST(each_address_has_its_rate)
{
	udp_guard_set_rule(&guard, bucket_rule(10, 5));
	ck_assert_int_eq(answered("192.0.2.1:5000", START_NS), 5);
	ck_assert_int_eq(answered("192.0.2.1:5001", START_NS), 0);
	ck_assert_int_eq(answered("192.0.2.2:5000", START_NS), 5);
	ck_assert_int_eq(answered("192.0.2.1:5000", START_NS + MILLISECONDS(300)), 3);
}
END_TEST

START_TEST(a_64_is_one_address)
{
	udp_guard_set_rule(&guard, bucket_rule(10, 5));
	ck_assert_int_eq(answered("[2001:db8::1]:5000", START_NS), 5);
	ck_assert_int_eq(answered("[2001:db8::ffff:0:0:2]:5000", START_NS), 0);
	ck_assert_int_eq(answered("[2001:db8:0:1::1]:5000", START_NS), 5);
}
END_TEST

START_TEST(zero_is_no_limit)
{
	udp_guard_set_rule(&guard, bucket_rule(0, 1));
	ck_assert_int_eq(answered("192.0.2.1:5000", START_NS), 100);
}
END_TEST

START_TEST(another_rule_begins_with_full_buckets)
{
	udp_guard_set_rule(&guard, bucket_rule(1, 100));
	ck_assert_int_eq(answered("192.0.2.1:5000", START_NS), 100);
	udp_guard_set_rule(&guard, bucket_rule(1, 100)); /* the same */
	ck_assert_int_eq(answered("192.0.2.1:5000", START_NS), 0);
	udp_guard_set_rule(&guard, bucket_rule(1000, 100));
	ck_assert_int_eq(answered("192.0.2.1:5000", START_NS), 100);
	udp_guard_set_rule(&guard, bucket_rule(1000, 50));
	ck_assert_int_eq(answered("192.0.2.1:5000", START_NS), 50);
}
END_TEST

START_TEST(what_is_dropped_costs_no_token)
{
	udp_guard_set_rule(&guard, bucket_rule(10, 5));
	for (int i = 0; i < 100; i++)
		judge("192.0.2.1:7");
	ck_assert_int_eq(answered("192.0.2.1:5000", START_NS), 5);
}
END_TEST

/* A million other addresses: each bucket is shared by 15 of them, and no more. */
START_TEST(others_cannot_refresh_a_bucket)
{
	struct udp_datagram d = from("10.0.0.0:5000");
	int served = 0;

	udp_guard_set_rule(&guard, bucket_rule(10, 5));
	ck_assert_int_eq(answered("192.0.2.1:5000", START_NS), 5);
	for (uint32_t i = 0; i < 1000000; i++) {
		d.peer.in.sin_addr.s_addr = htonl(0x0a000000 + i);
		served += udp_guard_judge(&guard, &d, START_NS) == UDP_ANSWER;
	}
	ck_assert_int_eq(answered("192.0.2.1:5000", START_NS), 0);
	ck_assert_int_le(served, UDP_GUARD_SLOTS * 5);
	ck_assert_int_ge(served, UDP_GUARD_SLOTS * 4); /* the hash spreads them */
}
END_TEST

/* By chance 30 of 2000 meet somebody; under a hundred keys never many more. */
START_TEST(few_neighbours_share_a_bucket)
{
	struct udp_datagram d = from("[2001:db8::1]:5000");

	for (int key = 0; key < 100; key++) {
		int served = 0;

		udp_guard_close(&guard);
		set_up();
		udp_guard_set_rule(&guard, bucket_rule(10, 1));
		for (int i = 0; i < 2000; i++) {
			d.peer.in6.sin6_addr.s6_addr[6] = (uint8_t)(i >> 8);
			d.peer.in6.sin6_addr.s6_addr[7] = (uint8_t)i;
			served += udp_guard_judge(&guard, &d, START_NS) == UDP_ANSWER;
		}
		ck_assert_int_ge(served, 1900);
	}
}
END_TEST

START_TEST(the_key_is_secret)
{
	struct udp_guard other;

	ck_assert_int_eq(udp_guard_open(&other), 0);
	ck_assert_mem_ne(other.key, guard.key, sizeof(other.key));
	udp_guard_close(&other);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("udp_guard");
	TCase *tc = tcase_create("udp_guard");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, without_a_secret_there_is_no_guard);
	tcase_add_test(tc, an_honest_one_is_answered);
	tcase_add_loop_test(tc, each_port_is_judged, 0, 2);
	tcase_add_test(tc, a_port_of_ours_can_be_given_up);
	tcase_add_test(tc, nobody_is_many);
	tcase_add_test(tc, what_was_cut_is_not_answered);
	tcase_add_test(tc, access_is_obeyed);
	tcase_add_test(tc, each_address_has_its_rate);
	tcase_add_test(tc, a_64_is_one_address);
	tcase_add_test(tc, zero_is_no_limit);
	tcase_add_test(tc, another_rule_begins_with_full_buckets);
	tcase_add_test(tc, what_is_dropped_costs_no_token);
	tcase_add_test(tc, others_cannot_refresh_a_bucket);
	tcase_add_test(tc, few_neighbours_share_a_bucket);
	tcase_add_test(tc, the_key_is_secret);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
