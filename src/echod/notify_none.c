/* The twin of notify.c for a build without libsystemd: there is no service manager. */
#include "echod/notify.h"

void
notify_ready(const char *status)
{
	(void)status;
}

void
notify_reloading(void)
{
}

void
notify_stopping(int64_t ns)
{
	(void)ns;
}

void
notify_status(const char *status)
{
	(void)status;
}

void
notify_alive(void)
{
}

int64_t
notify_watchdog_ns(void)
{
	return 0;
}

int
notify_inherited(void)
{
	return 0;
}
