#include "echod/notify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/util.h"

#define MESSAGE_ROOM 512

/* At most this long for what the manager has to know, if it does not read. */
#define PATIENCE_S 5

/*
 * sd_notify(3) would make a socket for each message: without descriptors there
 * would be no signs of life.  And it would wait for ever for a manager that does
 * not read.  So this is the same protocol with a socket that is kept.
 */
static int to_manager = -1;

static int
open_socket(void)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return fd;
}

/* Where the manager listens: a path, or, with an @, an abstract name; 0: nowhere. */
static socklen_t
name_of_manager(struct sockaddr_un *ret)
{
	const char *name = getenv("NOTIFY_SOCKET");
	size_t len = name != NULL ? strlen(name) : 0;

	if (len < 2 || len >= sizeof(ret->sun_path) || strchr("/@", *name) == NULL)
		return 0;
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret->sun_path, name, len);
	if (*name == '@')
		ret->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

/* flags: as of send(2) */
PRINTF_LIKE(2, 3)
static void
tell(int flags, const char *format, ...)
{
	char text[MESSAGE_ROOM];
	struct sockaddr_un name;
	socklen_t len = name_of_manager(&name);
	va_list args;

	if (len == 0)
		return;
	if (to_manager < 0)
		to_manager = open_socket();
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	sendto(to_manager, text, strlen(text), flags | MSG_NOSIGNAL,
	    (const struct sockaddr *)&name, len);
}

void
notify_ready(const char *status)
{
	tell(0, "READY=1\nSTATUS=%s", status);
}

void
notify_reloading(void)
{
	/* Type=notify-reload matches the READY=1 to come to this by its time stamp. */
	tell(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_monotonic_ns() / 1000);
}

void
notify_stopping(int64_t ns)
{
	/* Only counts if it is more than TimeoutStopSec= of the unit. */
	tell(0, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64, ns / 1000);
}

void
notify_status(const char *status)
{
	tell(MSG_DONTWAIT, "STATUS=%s", status);
}

void
notify_alive(void)
{
	tell(MSG_DONTWAIT, "WATCHDOG=1");
}

int64_t
notify_watchdog_ns(void)
{
	uint64_t usec;

	return sd_watchdog_enabled(0, &usec) > 0 ? MICROSECONDS(usec) : 0;
}

_Static_assert(NOTIFY_FIRST == SD_LISTEN_FDS_START, "they begin elsewhere");

int
notify_inherited(void)
{
	return sd_listen_fds(1);
}
