#include "echod/notify.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"

void
notify_ready(const char *status)
{
	sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void
notify_reloading(void)
{
	/* Type=notify-reload matches the READY=1 to come to this by its time stamp. */
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	    clock_monotonic_ns() / 1000);
}

void
notify_stopping(int64_t ns)
{
	/* Only counts if it is more than TimeoutStopSec= of the unit. */
	sd_notifyf(0, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64, ns / 1000);
}

void
notify_status(const char *status)
{
	sd_notifyf(0, "STATUS=%s", status);
}

void
notify_alive(void)
{
	sd_notify(0, "WATCHDOG=1");
}

int64_t
notify_watchdog_ns(void)
{
	uint64_t usec;

	return sd_watchdog_enabled(0, &usec) > 0 ? MICROSECONDS(usec) : 0;
}

int
notify_inherited(int *first)
{
	int n = sd_listen_fds(1);

	*first = SD_LISTEN_FDS_START;
	return n > 0 ? n : 0;
}
