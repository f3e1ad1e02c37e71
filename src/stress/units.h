/* units.h - numbers as people like to read them.  Each returns buf. */
#ifndef ECHOD_STRESS_UNITS_H
#define ECHOD_STRESS_UNITS_H

#include <stdint.h>

#define UNITS_TEXT 32

/* "870 ns", "12.3 us", "4.56 ms", "1.20 s": three digits. */
const char *units_time(char buf[UNITS_TEXT], double ns);

/* The same for a round number: "870 ns", "20 us", "2.5 s". */
const char *units_round_time(char buf[UNITS_TEXT], double ns);

/* "512 B", "79.0 MB": thousands, not 1024s. */
const char *units_bytes(char buf[UNITS_TEXT], double bytes);

/* "1,234,567". */
const char *units_count(char buf[UNITS_TEXT], uint64_t n);

#endif
