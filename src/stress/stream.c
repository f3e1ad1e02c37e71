#include "stress/stream.h"

#include <stdlib.h>
#include <string.h>

#define STEP	   UINT64_C(0x9e3779b97f4a7c15)
#define LINE	   64 /* bytes */
#define FIND_LEAST 4  /* fewer bytes stand everywhere */
#define FIND_MOST  16

/* ---- numbers ---- */

static inline uint64_t
mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

uint64_t
stream_mix(uint64_t x)
{
	return mix(x + STEP);
}

uint64_t
stream_seed(uint64_t run, uint64_t connection, uint64_t n)
{
	return stream_mix(stream_mix(stream_mix(run) + connection) + n);
}

/* ---- lines ---- */

/* In every byte, the words of a line differ by these.  A 0 would be slower with clang. */
#define MARK(i) (UINT64_C(0x0101010101010101) * (i))
static const uint64_t marks[LINE / 8] = { MARK(1), MARK(2), MARK(3), MARK(4), MARK(5),
	MARK(6), MARK(7), MARK(8) };

/* The n-th line: a number that the marks are put on. */
static inline uint64_t
line_at(uint64_t seed, uint64_t n)
{
	return mix(seed + n * STEP);
}

static inline void
write_line(char *to, uint64_t line)
{
	for (size_t i = 0; i < LINE / 8; i++) {
		uint64_t word = line ^ marks[i];

		memcpy(to + i * 8, &word, 8);
	}
}

/* Does it stand there?  There is no way out of the loop, so compilers use vectors. */
static inline bool
is_line(const char *from, uint64_t line)
{
	uint64_t wrong = 0, word;

	for (size_t i = 0; i < LINE / 8; i++) {
		memcpy(&word, from + i * 8, 8);
		wrong |= word ^ line ^ marks[i];
	}
	return wrong == 0;
}

/* ---- bytes: a last part of a line, whole lines, a first part ---- */

static inline size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void
fill_part(uint64_t line, size_t into, char *buf, size_t len)
{
	char bytes[LINE];

	write_line(bytes, line);
	memcpy(buf, bytes + into, len);
}

void
stream_fill(uint64_t seed, uint64_t offset, char *buf, size_t len)
{
	uint64_t n = offset / LINE;
	size_t into = offset % LINE;

	if (into > 0) {
		size_t part = least(LINE - into, len);

		fill_part(line_at(seed, n++), into, buf, part);
		buf += part;
		len -= part;
	}
	for (; len >= LINE; buf += LINE, len -= LINE)
		write_line(buf, line_at(seed, n++));
	if (len > 0)
		fill_part(line_at(seed, n), 0, buf, len);
}

/* How many of the first n bytes are equal? */
static size_t
common(const char *a, const char *b, size_t n)
{
	size_t i = 0;

	while (n - i >= 8 && memcmp(a + i, b + i, 8) == 0)
		i += 8;
	while (i < n && a[i] == b[i])
		i++;
	return i;
}

static size_t
check_part(uint64_t line, size_t into, const char *buf, size_t len)
{
	char bytes[LINE];

	write_line(bytes, line);
	return common(buf, bytes + into, len);
}

size_t
stream_check(uint64_t seed, uint64_t offset, const char *buf, size_t len)
{
	uint64_t n = offset / LINE;
	size_t into = offset % LINE, at = 0;

	if (into > 0) {
		size_t part = least(LINE - into, len);

		at = check_part(line_at(seed, n++), into, buf, part);
		if (at < part)
			return at;
	}
	for (; len - at >= LINE && is_line(buf + at, line_at(seed, n)); at += LINE)
		n++;
	if (at < len) /* a last part, or the wrong line */
		at += check_part(line_at(seed, n), 0, buf + at, least(LINE, len - at));
	return at;
}

uint8_t
stream_byte(uint64_t seed, uint64_t offset)
{
	char byte;

	stream_fill(seed, offset, &byte, 1);
	return (uint8_t)byte;
}

bool
stream_find(uint64_t *ret, uint64_t seed, uint64_t near, const char *bytes, size_t len)
{
	uint64_t from = near > STREAM_NEAR ? near - STREAM_NEAR : 0;
	size_t span = (size_t)(near - from) + STREAM_NEAR;
	char *text, *at = NULL;

	if (len < FIND_LEAST)
		return false;
	text = malloc(span);
	if (text == NULL)
		return false;
	stream_fill(seed, from, text, span);
	at = memmem(text, span, bytes, least(len, FIND_MOST));
	if (at != NULL)
		*ret = from + (uint64_t)(at - text);
	free(text);
	return at != NULL;
}
