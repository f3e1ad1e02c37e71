/* The twin of notify.c for a build without libsystemd: nobody is told. */
#include "echod/notify.h"

void
notify_ready(void)
{
}

void
notify_reloading(void)
{
}

void
notify_stopping(void)
{
}
