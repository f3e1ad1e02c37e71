/* startup.h - what the process needs to serve, and how it ends when it cannot. */
#ifndef ECHOD_ECHOD_STARTUP_H
#define ECHOD_ECHOD_STARTUP_H

#include "echod/config.h"
#include "echod/options.h"

/*
 * The configuration that the command line asks for: the file it names, which
 * must exist, or else SYSCONFDIR/echod.conf if that exists, or else the
 * defaults; and -p and -v over it.  Once there was a file, *options names it, so
 * that a reload does without it no more.  Returns as config_load().
 */
int startup_config(struct config *ret, struct options *options,
    config_complaint *complain, void *arg);

/*
 * Descriptors 0 to 2 that are closed become /dev/null, or a client gets the log.
 * Where there is no such file, they become something that cannot be written to.
 */
void startup_stdio(void);

/*
 * Write the log as configured from now on.  If that is to syslog, which nobody
 * receives yet, stderr is told so.
 */
void startup_log(const struct config *config);

/* Raise RLIMIT_NOFILE to what max_connections needs; warn if that cannot be had. */
void startup_descriptors(const struct config *config);

/*
 * Log what may surprise: that there was no configuration to read, and root's rights
 * where no service manager limits what they are good for.
 */
void startup_remarks(const struct options *options);

/* Print the configuration.  Returns the exit status. */
int startup_dump(const struct config *config);

/* The exit status for a server_open() or server_run() that returned r. */
int startup_exit_status(int r);

#endif
