/*
 * fuzz_exchange.c - the verdict of echo-stress: whatever is wrong in what comes back is
 * told, and where; and who echoes honestly, in whatever pieces, is never blamed.
 */
#include "fuzz/fuzz.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/util.h"
#include "fuzz/conductor.h"
#include "fuzz/server.h"
#include "stress/stream.h"
#include "stress/verdict.h"

/* ---- is that what it should say? ---- */

/* Where it says that it knows more, is that so? */
static void
check_why(const char *text, uint64_t seed)
{
	size_t due = server.due < server.wrong ? server.due : server.wrong;
	const char *found = strstr(text, "the bytes of offset "), *wrong;
	uint64_t at, n;

	if (found != NULL) {
		size_t len = due < 16 ? due : 16;

		REQUIRE(sscanf(found, "the bytes of offset %" SCNu64, &at) == 1);
		REQUIRE(at != server.offset);
		REQUIRE(stream_check(seed, at, (const char *)server.got, len) == len);
	}
	wrong = strstr(text, "expected 0x");
	if (wrong != NULL &&
	    sscanf(wrong, "expected 0x%*x: %" SCNu64 " wrong, then", &n) == 1) {
		REQUIRE(n + 4 <= due);
		REQUIRE(memcmp(server.got + n, server.expected + n, 4) == 0);
		REQUIRE(memcmp(server.got, server.expected, n) != 0);
	}
}

static void
check_mismatch(const char *text, uint64_t seed)
{
	unsigned got, expected;

	REQUIRE(sscanf(text, "connection 0: offset %*u: got 0x%x", &got) == 1);
	REQUIRE(got == server.got[0]);
	if (server.due == 0) {
		REQUIRE(strstr(text, "expected nothing") != NULL);
		return;
	}
	REQUIRE(sscanf(text, "connection 0: offset %*u: got 0x%*x, expected 0x%x",
		    &expected) == 1);
	REQUIRE(expected == server.expected[0]);
	check_why(text, seed);
}

static void
check_failures(const struct run *r)
{
	const struct failures *f = &r->figures->failures;
	uint64_t seed = stream_seed((uint64_t)r->options->seed, 0,
	    (uint64_t)server.failed_connection - 1);
	const char *text;
	uint64_t offset;

	REQUIRE(failures_total(f) == (server.failure != FAILURES));
	if (server.failure == FAILURES)
		return;
	REQUIRE(f->count[server.failure] == 1);
	text = f->first[server.failure];
	REQUIRE(sscanf(text, "connection 0: offset %" SCNu64 ":", &offset) == 1);
	REQUIRE(offset == server.offset);
	if (server.failure == FAILURE_MISMATCH)
		check_mismatch(text, seed);
}

static void
check_figures(const struct run *r)
{
	const struct figures *f = r->figures;
	struct verdict v = verdict_of(r);
	uint64_t failures = failures_total(&f->failures);
	bool bad = server.failure == FAILURE_MISMATCH || f->messages == 0 ||
	    failures > (uint64_t)r->options->max_errors;

	REQUIRE(r->budget == 0 && r->inflight == 0 && r->living == 0 && r->open == 0);
	REQUIRE(f->messages + f->unanswered == (uint64_t)r->options->messages);
	REQUIRE(failures > 0 || f->unanswered == 0);
	REQUIRE(f->bytes_sent == server.total);
	REQUIRE((v.status != 0) == bad);
}

/* ---- a run ---- */

static struct options
any_options(struct fuzz *in)
{
	static const char *const modes[] = { "steady", "churn", "halfclose", "slow" };
	unsigned flags = (unsigned)fuzz_number(in, 1);
	struct options o = {
		.connections = 1,
		.duration_ns = SECONDS(10),
		.timeout_ns = SECONDS(5),
		.mode = mode_find(modes[flags % ARRAY_SIZE(modes)]),
		.max_errors = flags / 4 % 2,
	};

	if (flags / 8 % 4 == 1 && o.mode->paces)
		o.rate = 1000;
	o.seed = (int64_t)fuzz_number(in, 2);
	o.messages = (int64_t)fuzz_number(in, 1) % 16 + 1;
	o.pipeline = (int64_t)fuzz_number(in, 1) % 8 + 1;
	o.size_min = (int64_t)fuzz_number(in, 1) + 1;
	o.size_max = o.size_min + (int64_t)fuzz_number(in, 1);
	return o;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conductor c; /* large */
	struct fuzz in = { data, size };
	struct options options = any_options(&in);
	struct target target = { .text = "server", .naddrs = 1 };

	server_open(in);
	conductor_run(&c, &options, &target, &poller_server);
	server_close();
	check_failures(&c.run);
	check_figures(&c.run);
	conductor_release(&c);
	return 0;
}
