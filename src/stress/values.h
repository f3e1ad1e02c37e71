/* values.h - numbers, sizes and times as people type them. */
#ifndef ECHOD_STRESS_VALUES_H
#define ECHOD_STRESS_VALUES_H

#include <stdint.h>

/* Each returns 0, or -EINVAL with *ret untouched. */

/* Decimal digits and nothing else. */
int value_number(int64_t *ret, const char *text);

/* "64", or "64-4096", the greater one second. */
int value_range(int64_t *min, int64_t *max, const char *text);

/* Seconds, up to a million of them, as "10" or "0.5". */
int value_seconds(int64_t *ret_ns, const char *text);

/* A time with its unit, as "500us", "2ms" or "1.5s". */
int value_duration(int64_t *ret_ns, const char *text);

#endif
