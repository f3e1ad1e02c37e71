/* util.h - the few macros that everything shares. */
#ifndef ECHOD_BASE_UTIL_H
#define ECHOD_BASE_UTIL_H

#include <stddef.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The struct of the given type whose member `member` p points at. */
#define container_of(p, type, member)                                                  \
	((type *)(void *)((char *)(p)-offsetof(type, member)))

#define PRINTF_LIKE(format, first) __attribute__((format(printf, format, first)))

#endif
