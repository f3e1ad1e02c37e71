#include "echod/notify.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"

void
notify_ready(void)
{
	sd_notify(0, "READY=1");
}

void
notify_reloading(void)
{
	/* Type=notify-reload matches READY=1 to this by its time stamp. */
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	    clock_monotonic_ns() / 1000);
}

void
notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}
