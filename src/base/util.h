/* util.h - the few macros that everything shares. */
#ifndef ECHOD_BASE_UTIL_H
#define ECHOD_BASE_UTIL_H

#include <stddef.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The struct of the given type whose member `member` p points at. */
#define container_of(p, type, member)                                                  \
	((type *)(void *)(((char *)(p)) - offsetof(type, member)))

/* Which argument is the format, and which the first it speaks of (0: a va_list). */
#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))

#endif
