/*
 * stream.h - the bytes a connection sends: random to look at, yet known at every offset.
 *
 * The stream of a seed is made of lines of 64 bytes.  A line is a number, eight times
 * over, each time with another mark on it; the number is a counter put through a
 * mixing function (splitmix64; Steele, Lea, Flood, OOPSLA 2014).  So nothing that was
 * sent needs to be kept in order to check what comes back, and bytes that were moved
 * do not fit: lines differ as their numbers do, and within a line no byte comes again
 * 8, 16, ... bytes later.
 */
#ifndef ECHOD_STRESS_STREAM_H
#define ECHOD_STRESS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Spread the bits of x: equal for equal x, and unlike for any other. */
uint64_t stream_mix(uint64_t x);

/* The seed of the n-th stream of a connection in a run. */
uint64_t stream_seed(uint64_t run, uint64_t connection, uint64_t n);

/* Write the len bytes at offset of a stream. */
void stream_fill(uint64_t seed, uint64_t offset, char *buf, size_t len);

/* How many bytes of buf, from the first on, are those at offset of the stream? */
size_t stream_check(uint64_t seed, uint64_t offset, const char *buf, size_t len);

/* One byte of it. */
uint8_t stream_byte(uint64_t seed, uint64_t offset);

#define STREAM_NEAR 65536 /* bytes before and after that stream_find() looks at */

/*
 * Where in the stream, near an offset, do these len bytes stand?  False if
 * nowhere, or if len is too short to tell (under 4).
 */
bool stream_find(uint64_t *ret, uint64_t seed, uint64_t near, const char *bytes,
    size_t len);

#endif
