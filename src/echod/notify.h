/*
 * notify.h - the service manager: what it is told (sd_notify(3)), what it hands
 * over (sd_listen_fds(3)), and how often it wants a sign of life
 * (sd_watchdog_enabled(3)).  Without one, nothing happens.  In a build without
 * libsystemd notify_none.c takes the place of notify.c.
 *
 * For a manager that does not read, status and signs of life are left out, and
 * the others wait a few seconds.  Of the first message a descriptor is kept.
 */
#ifndef ECHOD_ECHOD_NOTIFY_H
#define ECHOD_ECHOD_NOTIFY_H

#include <stdint.h>

/* Serving: after the last listen(2), and after each reload, failed ones too. */
void notify_ready(const char *status);

/* About to read the configuration again. */
void notify_reloading(void);

/* About to end, which may take so long. */
void notify_stopping(int64_t ns);

/* One line for people: `systemctl status` shows it. */
void notify_status(const char *status);

/* A sign of life. */
void notify_alive(void);

/* How long it waits for a sign of life before it acts, in ns; 0: it does not. */
int64_t notify_watchdog_ns(void);

/*
 * How many descriptors it handed over, from NOTIFY_FIRST on, or -errno: LISTEN_FDS is
 * no number, or counts one that is not open.  To be asked once, before any is opened
 * that could pass for one of them.
 */
#define NOTIFY_FIRST 3

int notify_inherited(void);

#endif
