/* fuzz_addr.c - any text as an address, a CIDR, and a target of echo-stress. */
#include "fuzz/fuzz.h"

#include "net/addr.h"
#include "net/cidr.h"
#include "stress/target.h"
#include "stress/values.h"

/* What can be read is written so that it reads as the same again. */
static void
try_addr(const char *text)
{
	struct addr a, again;
	char written[ADDR_TEXT];

	if (addr_parse(&a, text) < 0)
		return;
	REQUIRE(addr_format(&a, written) == written);
	REQUIRE(addr_parse(&again, written) == 0);
	REQUIRE(addr_equal(&a, &again));

	addr_unmap(&a);
	addr_format(&a, written);
	REQUIRE(addr_parse(&again, written) == 0);
	REQUIRE(addr_equal(&a, &again));
}

static void
try_cidr(const char *text)
{
	struct cidr c, again;
	struct addr a = { 0 };
	char written[CIDR_TEXT];

	if (cidr_parse(&c, text) < 0)
		return;
	REQUIRE(cidr_format(&c, written) == written);
	REQUIRE(cidr_parse(&again, written) == 0);
	REQUIRE(memcmp(&c, &again, sizeof(c)) == 0);

	a.sa.sa_family = c.family;
	memcpy(c.family == AF_INET6 ? (void *)&a.in6.sin6_addr : &a.in.sin_addr,
	    c.bytes, c.family == AF_INET6 ? 16 : 4);
	REQUIRE(cidr_has(&c, &a));
}

static void
try_target(const char *text)
{
	struct target target = { 0 };
	struct source_range range;

	if (target_parse(&target, text) == 0) {
		REQUIRE((target.path != NULL) == (target.host == NULL));
		REQUIRE((target.path != NULL) == (target.port == NULL));
		REQUIRE(target.path == NULL || !target.udp);
		target_release(&target);
	}
	if (source_parse(&range, text) == 0) {
		struct addr last = source_nth(&range, range.count - 1);

		REQUIRE(range.count > 0);
		REQUIRE(last.sa.sa_family == range.first.sa.sa_family);
	}
}

static void
try_values(const char *text)
{
	int64_t n = -1, most = -1;

	REQUIRE(value_number(&n, text) < 0 ? n == -1 : n >= 0);
	n = -1;
	REQUIRE(value_range(&n, &most, text) < 0 ? n == -1 && most == -1
						 : n >= 0 && n <= most);
	n = -1;
	REQUIRE(value_seconds(&n, text) < 0 ? n == -1 : n >= 0);
	n = -1;
	REQUIRE(value_duration(&n, text) < 0 ? n == -1 : n >= 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);

	try_addr(text);
	try_cidr(text);
	try_target(text);
	try_values(text);
	free(text);
	return 0;
}
