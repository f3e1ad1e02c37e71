/* fuzz_stream.c - the bytes of echo-stress: sent in pieces, damaged, and found again. */
#include "fuzz/fuzz.h"

#include "stress/stream.h"

#define MOST 300 /* bytes looked at: some lines, and parts of them */

/* One text, however it is cut, and byte by byte. */
static void
try_pieces(uint64_t seed, uint64_t offset, const char *whole, size_t len, size_t cut)
{
	char pieces[MOST];

	stream_fill(seed, offset, pieces, cut);
	stream_fill(seed, offset + cut, pieces + cut, len - cut);
	REQUIRE(memcmp(whole, pieces, len) == 0);
	REQUIRE(stream_check(seed, offset, whole, cut) == cut);
	REQUIRE(stream_check(seed, offset + cut, whole + cut, len - cut) == len - cut);
	for (size_t i = 0; i < len; i++)
		REQUIRE(stream_byte(seed, offset + i) == (uint8_t)whole[i]);
}

/* A wrong byte is seen where it stands. */
static void
try_damage(uint64_t seed, uint64_t offset, char *text, size_t len, size_t at, char bits)
{
	text[at] = (char)(text[at] ^ bits);
	REQUIRE(stream_check(seed, offset, text, len) == (bits != 0 ? at : len));
	text[at] = (char)(text[at] ^ bits);
}

/* Bytes from near by are found, in a place that does have them. */
static void
try_find(uint64_t seed, uint64_t offset, const char *text, size_t len, uint64_t near)
{
	size_t heeded = len < 16 ? len : 16;
	uint64_t at;
	bool found = stream_find(&at, seed, near, text, len);

	REQUIRE(found == (len >= 4));
	if (found)
		REQUIRE(stream_check(seed, at, text, heeded) == heeded);
	if (found && len >= 16)
		REQUIRE(at == offset);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz in = { data, size };
	uint64_t seed = fuzz_number(&in, 8);
	uint64_t offset = fuzz_number(&in, 8) >> 1; /* no stream ever wraps */
	size_t len = fuzz_number(&in, 2) % MOST + 1;
	size_t at = fuzz_number(&in, 2) % len;
	char bits = (char)fuzz_number(&in, 1);
	uint64_t near = offset + fuzz_number(&in, 2) % (STREAM_NEAR - MOST);
	char *text = malloc(len);

	REQUIRE(text != NULL);
	stream_fill(seed, offset, text, len);
	REQUIRE(stream_check(seed, offset, text, len) == len);
	try_pieces(seed, offset, text, len, at);
	try_damage(seed, offset, text, len, at, bits);
	if (fuzz_number(&in, 1) % 8 == 1) /* it takes as long as all the others */
		try_find(seed, offset, text, len, near);
	free(text);
	return 0;
}
