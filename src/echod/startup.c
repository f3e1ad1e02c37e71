#include "echod/startup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <syslog.h>
#include <unistd.h>

#include "base/log.h"

/* Besides the connections: stdio, epoll, signals, the manager, listeners, one to refuse. */
#define OTHER_DESCRIPTORS 64

/* A link that leads nowhere is there, and so is what cannot be looked for. */
static bool
is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 || errno != ENOENT;
}

int
startup_config(struct config *ret, struct options *options, config_complaint *complain,
    void *arg)
{
	struct config c;
	int r = 0;

	if (options->config == NULL && is_there(OPTIONS_CONFIG))
		options->config = OPTIONS_CONFIG;
	if (options->config != NULL)
		r = config_load(&c, options->config, complain, arg);
	else
		config_defaults(&c);
	if (r < 0)
		return r;

	if (options->port >= 0)
		config_set_port(&c, options->port);
	if (options->verbose)
		c.log_level = LOG_LEVEL_DEBUG;
	*ret = c;
	return 0;
}

void
startup_stdio(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			fd = open("/", O_PATH); /* takes nothing, but the number */
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* As a line of the log, for at a reload stderr may have a reader who stands still. */
static void
tell_stderr_of_missing_syslog(int err)
{
	log_open(LOG_LEVEL_WARNING, LOG_TARGET_AUTO);
	log_warning("no syslog daemon yet (%s: %s)", _PATH_LOG, strerror(err));
}

void
startup_log(const struct config *config)
{
	int r;

	if (config->log_target == LOG_TARGET_SYSLOG && access(_PATH_LOG, W_OK) < 0)
		tell_stderr_of_missing_syslog(errno);
	r = log_open((enum log_level)config->log_level,
	    (enum log_target)config->log_target);
	if (r < 0)
		log_warning("the log stays at stderr: %s", strerror(-r));
}

void
startup_descriptors(const struct config *config)
{
	rlim_t wanted = (rlim_t)config->max_connections + OTHER_DESCRIPTORS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted;
	if (limit.rlim_max < wanted) {
		struct rlimit higher = { wanted, wanted };

		if (setrlimit(RLIMIT_NOFILE, &higher) == 0)
			return; /* only root can */
		limit.rlim_cur = limit.rlim_max;
		log_warning("max_connections = %" PRId64
			    " needs %ju descriptors, but the "
			    "limit is %ju (RLIMIT_NOFILE): more connections will wait",
		    config->max_connections, (uintmax_t)wanted,
		    (uintmax_t)limit.rlim_max);
	}
	setrlimit(RLIMIT_NOFILE, &limit);
}

void
startup_remarks(const struct options *options)
{
	if (options->config == NULL)
		log_info("no %s: the defaults hold", OPTIONS_CONFIG);
	if (geteuid() == 0 && getenv("INVOCATION_ID") == NULL)
		log_warning("running as root, which nothing here needs: try `setpriv "
			    "--reuid=nobody --regid=nogroup --clear-groups echod`");
}

int
startup_dump(const struct config *config)
{
	config_dump(config, stdout);
	return options_flush();
}

int
startup_exit_status(int r)
{
	switch (-r) {
	case 0:
		return EX_OK;
	case EADDRINUSE:
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
		return EX_UNAVAILABLE;
	case EACCES:
	case EPERM:
		return EX_NOPERM;
	default:
		return EX_OSERR;
	}
}
