/*
 * poller.h - the one question the loop asks the kernel: which descriptors
 * can move?  A backend is one .c file that fills in one struct poller_ops.
 */
#ifndef ECHOD_LOOP_POLLER_H
#define ECHOD_LOOP_POLLER_H

#include <poll.h>
#include <stdint.h>

struct poller; /* each backend defines its own */

/* The bits that poll(2) has for it, and epoll(7). */
enum io {
	IO_READ = POLLIN,
	IO_WRITE = POLLOUT,
};

struct poller_event {
	int fd;
	unsigned ready; /* enum io bits, a subset of those watched */
};

struct poller_ops {
	const char *name; /* as spelled in echod.conf: "select" */

	/*
	 * Returns 0, -ENOMEM, or -errno of what the kernel said; on success
	 * *ret is the caller's to close.
	 */
	int (*open)(struct poller **ret);
	void (*close)(struct poller *p);

	/*
	 * From now on report fd in every wait for as long as it can do any of
	 * want (level-triggered); 0: report nothing at all of it, not even a
	 * hang-up.  Must be 0 before close(fd).  Never fails when it only
	 * takes bits away.  Returns 0, -ENOMEM, -EBADF for one that is not
	 * open, or -EPERM for one that cannot be waited for.
	 */
	int (*watch)(struct poller *p, int fd, unsigned want);

	/*
	 * Sleep at most timeout_ns (negative: no limit), then store at most
	 * room events.  A descriptor that failed or hung up counts as ready for
	 * all it is watched for, so its owner meets the error in its own call.
	 * No descriptor starves when more than room of them are ready; when there
	 * is room left, all that are have been stored.
	 * Returns the number stored (0: time is up, or a signal came), or
	 * -errno when the backend itself is broken.
	 */
	int (*wait)(struct poller *p, struct poller_event *events, int room,
	    int64_t timeout_ns);
};

extern const struct poller_ops poller_select; /* select(2): everywhere */
extern const struct poller_ops poller_epoll;  /* epoll(7): Linux */

/* The backend so named, or for "auto" the best of this build; NULL if there is none. */
const struct poller_ops *poller_find(const char *name);

#endif
