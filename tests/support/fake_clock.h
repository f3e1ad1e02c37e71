/* fake_clock.h - a clock that stands still until a test, or a backend, moves it. */
#ifndef ECHOD_TESTS_FAKE_CLOCK_H
#define ECHOD_TESTS_FAKE_CLOCK_H

#include <stdint.h>

#define FAKE_CLOCK_START INT64_C(1000000000000)

/* The time, in ns: a clock_source.  Begins at FAKE_CLOCK_START. */
int64_t fake_clock_ns(void);

/* From now on each call of fake_clock_ns() takes so long; 0: none. */
void fake_clock_tick(int64_t ns);

/* The time, without taking any. */
int64_t fake_clock_peek(void);

void fake_clock_set(int64_t ns);
void fake_clock_advance(int64_t ns);

/* As at the start: for tests that do not run each in a process of its own. */
void fake_clock_reset(void);

#endif
