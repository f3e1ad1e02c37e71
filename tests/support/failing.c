#include "support/failing.h"

#include <errno.h>
#include <search.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/util.h"

#define ALLOCATION "allocation"

static struct {
	const char *call; /* NULL: any; or ALLOCATION */
	int n;		  /* how many more until it fails */
	bool each;	  /* no matter how many */
	int err;	  /* 0: none fails */
	bool failed;
} plan;

static struct {
	int option, value; /* 0: there is none */
} lie;

void
failing_nth(const char *call, int n, int err)
{
	plan.call = call;
	plan.n = n;
	plan.each = false;
	plan.err = err;
	plan.failed = false;
}

void
failing_nth_of_all(int n, int err)
{
	failing_nth(NULL, n, err);
}

static const char *const allocations[] = { "malloc", "calloc", "realloc",
	"reallocarray", "strdup", "asprintf", "fopencookie", "tsearch" };

void
failing_nth_allocation(int n)
{
	failing_nth(ALLOCATION, n, ENOMEM);
}

void
failing_each(const char *call, int err)
{
	failing_nth(call, 0, err);
	plan.each = true;
}

bool
failing_end(void)
{
	plan.err = 0;
	return plan.failed;
}

void
failing_lie(int option, int value)
{
	lie.option = option;
	lie.value = value;
}

static bool
is_meant(const char *call)
{
	if (plan.call == NULL || strcmp(plan.call, call) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(allocations); i++)
		if (strcmp(allocations[i], call) == 0)
			return strcmp(plan.call, ALLOCATION) == 0;
	return false;
}

static bool
fails(const char *call)
{
	if (plan.err == 0 || !is_meant(call))
		return false;
	if (!plan.each && --plan.n != 0)
		return false;
	errno = plan.err;
	plan.failed = true;
	return true;
}

/* ---- what stands in for each call: these names are the linker's ---- */

#pragma GCC diagnostic ignored "-Wpedantic"

#define STAND_IN(type, call, failure, params, args)                                    \
	type __real_##call params;                                                     \
	type __wrap_##call params;                                                     \
	type __wrap_##call params                                                      \
	{                                                                              \
		return fails(#call) ? (failure) : __real_##call args;                  \
	}

STAND_IN(int, socket, -1, (int domain, int type, int protocol),
    (domain, type, protocol))
STAND_IN(int, bind, -1, (int fd, const struct sockaddr *at, socklen_t len),
    (fd, at, len))
STAND_IN(int, listen, -1, (int fd, int backlog), (fd, backlog))
STAND_IN(int, setsockopt, -1,
    (int fd, int level, int name, const void *value, socklen_t len),
    (fd, level, name, value, len))
STAND_IN(int, getsockname, -1, (int fd, struct sockaddr *at, socklen_t *len),
    (fd, at, len))
STAND_IN(int, lstat, -1, (const char *path, struct stat *ret), (path, ret))
STAND_IN(int, unlink, -1, (const char *path), (path))
STAND_IN(int, signalfd, -1, (int fd, const sigset_t *mask, int flags),
    (fd, mask, flags))
STAND_IN(int, pselect, -1,
    (int n, fd_set *readable, fd_set *writable, fd_set *failed,
	const struct timespec *timeout, const sigset_t *mask),
    (n, readable, writable, failed, timeout, mask))
#ifdef WITH_EPOLL
STAND_IN(int, epoll_wait, -1,
    (int epfd, struct epoll_event *events, int room, int timeout_ms),
    (epfd, events, room, timeout_ms))
STAND_IN(int, epoll_pwait2, -1,
    (int epfd, struct epoll_event *events, int room, const struct timespec *timeout,
	const sigset_t *mask),
    (epfd, events, room, timeout, mask))
#endif
STAND_IN(void *, malloc, NULL, (size_t size), (size))
STAND_IN(void *, calloc, NULL, (size_t n, size_t size), (n, size))
STAND_IN(void *, realloc, NULL, (void *old, size_t size), (old, size))
STAND_IN(void *, reallocarray, NULL, (void *old, size_t n, size_t size), (old, n, size))

STAND_IN(char *, strdup, NULL, (const char *text), (text))
STAND_IN(FILE *, fopencookie, NULL,
    (void *arg, const char *mode, cookie_io_functions_t functions),
    (arg, mode, functions))
STAND_IN(void *, tsearch, NULL,
    (const void *key, void **root, int (*compare)(const void *, const void *)),
    (key, root, compare))

int __wrap_asprintf(char **ret, const char *format, ...) PRINTF_LIKE(2, 3);
int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...)
    PRINTF_LIKE(3, 4);

int
__wrap_asprintf(char **ret, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = fails("asprintf") ? -1 : vasprintf(ret, format, args);
	va_end(args);
	return n;
}

/* The same under _FORTIFY_SOURCE. */
int
__wrap___asprintf_chk(char **ret, int flag, const char *format, ...)
{
	va_list args;
	int n;

	(void)flag;
	va_start(args, format);
	n = fails("asprintf") ? -1 : vasprintf(ret, format, args);
	va_end(args);
	return n;
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);

int
__wrap_fcntl(int fd, int command, ...)
{
	va_list args;
	void *arg;

	va_start(args, command);
	arg = va_arg(args, void *); /* or an int, in the same place */
	va_end(args);
	return fails("fcntl") ? -1 : __real_fcntl(fd, command, arg);
}

int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);

int
__wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	int r = fails("getsockopt") ? -1
				    : __real_getsockopt(fd, level, name, value, len);

	if (r == 0 && level == SOL_SOCKET && name == lie.option)
		memcpy(value, &lie.value, sizeof(lie.value));
	return r;
}
