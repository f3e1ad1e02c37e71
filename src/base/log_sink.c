#include "base/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#ifndef SYSLOG_SOCKET /* a test has its own */
#define SYSLOG_SOCKET "/dev/log"
#endif

static struct {
	size_t (*prefix)(char *buf, size_t size, enum log_level level);
	ssize_t (*put)(const char *line, size_t len); /* as write(2) */
	int fd;	   /* STDERR_FILENO, or one of our own */
	bool torn; /* the last line went out in part */
} sink = { .fd = STDERR_FILENO };

static const struct {
	const char *name;
	int priority;
} levels[] = {
	[LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
	[LOG_LEVEL_INFO] = { "info", LOG_INFO },
	[LOG_LEVEL_WARNING] = { "warning", LOG_WARNING },
	[LOG_LEVEL_ERROR] = { "error", LOG_ERR },
};

/* ---- what stands before the text ---- */

static size_t
prefix_journal(char *buf, size_t size, enum log_level level)
{
	return (size_t)snprintf(buf, size, "<%d>", levels[level].priority);
}

/* "2026-11-22T14:35:40.123+0100 info: " */
static size_t
prefix_stamp(char *buf, size_t size, enum log_level level)
{
	char date[sizeof("2026-11-22T14:35:40")] = "", zone[sizeof("+0100")] = "";
	struct timespec now;
	struct tm local;

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &local);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &local);
	strftime(zone, sizeof(zone), "%z", &local);
	return (size_t)snprintf(buf, size, "%s.%03ld%s %s: ", date,
	    now.tv_nsec / 1000000, zone, levels[level].name);
}

/* "<30>Nov 22 14:35:40 echod[1234]: " */
static size_t
prefix_syslog(char *buf, size_t size, enum log_level level)
{
	char date[sizeof("Nov 22 14:35:40")] = "";
	time_t now = time(NULL);
	struct tm local;
	int priority = LOG_DAEMON | levels[level].priority;

	localtime_r(&now, &local);
	strftime(date, sizeof(date), "%b %e %H:%M:%S", &local);
	return (size_t)snprintf(buf, size, "<%d>%s %.32s[%d]: ", priority, date,
	    program_invocation_short_name, (int)getpid());
}

/* ---- how a line is written ---- */

/*
 * Only if the line cannot block, nor raise SIGPIPE.  POLLOUT of a pipe means
 * room for PIPE_BUF bytes.
 */
static ssize_t
put_file(const char *line, size_t len)
{
	struct pollfd p = { .fd = sink.fd, .events = POLLOUT };

	if (poll(&p, 1, 0) != 1 || p.revents != POLLOUT)
		return -1;
	return write(sink.fd, line, len);
}

static ssize_t
put_socket(const char *line, size_t len)
{
	return send(sink.fd, line, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/*
 * A datagram is a line, and has no newline.  Not connected, so there is nothing
 * to renew when the syslog daemon was restarted.
 */
static ssize_t
put_syslog(const char *line, size_t len)
{
	static const struct sockaddr_un to = { AF_UNIX, SYSLOG_SOCKET };
	ssize_t n = sendto(sink.fd, line, len - 1, MSG_DONTWAIT | MSG_NOSIGNAL,
	    (const struct sockaddr *)&to, sizeof(to));

	return n < 0 ? n : (ssize_t)len;
}

/* ---- where lines go ---- */

/* Is it the stream that systemd says leads to the journal? */
static bool
is_journal(const struct stat *st)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];

	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st->st_dev,
	    (uintmax_t)st->st_ino);
	return stream != NULL && strcmp(stream, own) == 0;
}

/*
 * A terminal can have room for half a line, and a pipe can be filled by someone
 * else just after it had room; to write would block.  O_NONBLOCK on stderr
 * itself would hit all who share it, so open the same thing once more for
 * ourselves.  Where that is not allowed, poll(2) alone must do.
 */
static int
reopen_stderr(void)
{
	int fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return fd >= 0 ? fd : STDERR_FILENO;
}

static void
open_stderr(bool may_be_journal)
{
	struct stat st = { 0 };

	fstat(STDERR_FILENO, &st);
	sink.fd = STDERR_FILENO;
	if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))
		sink.fd = reopen_stderr();
	sink.put = S_ISSOCK(st.st_mode) ? put_socket : put_file;
	sink.prefix = prefix_stamp;
	if (may_be_journal && is_journal(&st))
		sink.prefix = prefix_journal;
}

static int
open_syslog(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	sink.fd = fd;
	sink.put = put_syslog;
	sink.prefix = prefix_syslog;
	return 0;
}

int
log_sink_open(enum log_target target)
{
	int r = 0;

	if (sink.fd != STDERR_FILENO)
		close(sink.fd);
	sink.torn = false;
	if (target == LOG_TARGET_SYSLOG)
		r = open_syslog();
	if (target != LOG_TARGET_SYSLOG || r < 0)
		open_stderr(target != LOG_TARGET_STDERR);
	return r;
}

/* ---- one line ---- */

size_t
log_sink_prefix(char *line, size_t size, enum log_level level)
{
	size_t torn = sink.torn ? 1 : 0;

	line[0] = '\n'; /* or the line would go on with the torn one */
	return torn + sink.prefix(line + torn, size - torn, level);
}

bool
log_sink_put(const char *line, size_t len)
{
	ssize_t n = sink.put(line, len);

	if (n > 0)
		sink.torn = (size_t)n < len;
	return n == (ssize_t)len;
}
