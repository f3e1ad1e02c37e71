#include "stress/stream.h"

#include <stdlib.h>
#include <string.h>

#define STEP	   UINT64_C(0x9e3779b97f4a7c15)
#define FIND_LEAST 4 /* fewer bytes stand everywhere */
#define FIND_MOST  16

/* ---- words ---- */

static inline uint64_t
mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static inline uint64_t
word_at(uint64_t seed, uint64_t index)
{
	return mix(seed + index * STEP);
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

/* ---- bytes: a first part of a word, whole words, a last part ---- */

static inline size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

void
stream_fill(uint64_t seed, uint64_t offset, char *buf, size_t len)
{
	uint64_t index = offset / 8, word = word_at(seed, index);
	size_t into = offset % 8;

	if (into > 0) {
		size_t part = least(8 - into, len);

		memcpy(buf, (char *)&word + into, part);
		buf += part;
		len -= part;
		index++;
	}
	for (; len >= 8; buf += 8, len -= 8, index++) {
		word = word_at(seed, index);
		memcpy(buf, &word, 8);
	}
	word = word_at(seed, index);
	memcpy(buf, &word, len);
}

/* How many of the first n bytes are equal? */
static size_t
common(const char *a, const char *b, size_t n)
{
	size_t i = 0;

	while (i < n && a[i] == b[i])
		i++;
	return i;
}

size_t
stream_check(uint64_t seed, uint64_t offset, const char *buf, size_t len)
{
	uint64_t index = offset / 8, word = word_at(seed, index), got;
	size_t into = offset % 8, at = 0;

	if (into > 0) {
		size_t part = least(8 - into, len);

		at = common(buf, (char *)&word + into, part);
		if (at < part)
			return at;
		index++;
	}
	for (; len - at >= 8; at += 8, index++) {
		word = word_at(seed, index);
		memcpy(&got, buf + at, 8);
		if (got != word)
			return at + common(buf + at, (char *)&word, 8);
	}
	word = word_at(seed, index);
	return at + common(buf + at, (char *)&word, len - at);
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
