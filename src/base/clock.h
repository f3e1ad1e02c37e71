/* clock.h - time is int64_t nanoseconds on the monotonic clock, everywhere. */
#ifndef ECHOD_BASE_CLOCK_H
#define ECHOD_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define MICROSECONDS(n) (1000 * (int64_t)(n))
#define MILLISECONDS(n) (1000000 * (int64_t)(n))
#define SECONDS(n)	(1000000000 * (int64_t)(n))

/* How a module is told which clock to read: the real one, or a test's. */
typedef int64_t clock_source(void);

/* Now on CLOCK_MONOTONIC (clock_gettime(2)): never set, never jumps. */
int64_t clock_monotonic_ns(void);

/* A span as system calls take it. */
struct timespec clock_timespec(int64_t ns);

#endif
