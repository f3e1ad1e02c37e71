/* fuzz.h - what the fuzzed programs share: input taken apart, and a check that aborts. */
#ifndef ECHOD_TESTS_FUZZ_H
#define ECHOD_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What libFuzzer calls. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As assert(3), and not to be switched off. */
#define REQUIRE(condition)                                                             \
	do {                                                                           \
		if (!(condition)) {                                                    \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__,     \
			    #condition);                                               \
			abort();                                                       \
		}                                                                      \
	} while (0)

/* What is left of the input. */
struct fuzz {
	const uint8_t *data;
	size_t size;
};

/* The next n <= 8 bytes as a number, the first one lowest; 0 bits where it has ended. */
static inline uint64_t
fuzz_number(struct fuzz *in, int n)
{
	uint64_t x = 0;

	for (int i = 0; i < n && in->size > 0; i++, in->data++, in->size--)
		x |= (uint64_t)*in->data << 8 * i;
	return x;
}

/* All of the input as a string of its own, for free(3): so an overrun is seen. */
static inline char *
fuzz_string(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	REQUIRE(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

#endif
