/*
 * notify.h - what the service manager is told: sd_notify(3), and nothing when
 * there is none.  Built without libsystemd, notify_none.c takes its place.
 */
#ifndef ECHOD_ECHOD_NOTIFY_H
#define ECHOD_ECHOD_NOTIFY_H

/* Serving: after the last listen(2), and after each reload, failed ones too. */
void notify_ready(void);

/* About to read the configuration again. */
void notify_reloading(void);

/* About to drain and end. */
void notify_stopping(void);

#endif
