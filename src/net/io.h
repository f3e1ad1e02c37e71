/* io.h - sending and ending, as routines for CALL(). */
#ifndef ECHOD_NET_IO_H
#define ECHOD_NET_IO_H

#include <stddef.h>
#include <stdint.h>

#include "loop/task.h"

/*
 * Send all of data, in order.  What the socket does not take at once is copied
 * to memory of its own before the first wait, so that data may be the loop's
 * shared buffer; it is freed when all is sent or given up.
 */
struct io_send {
	int fd;

	/*
	 * Afterwards 0, or the errno of why not everything was sent; ETIME: the
	 * peer stalled; ECANCELED: task_cancel().
	 */
	int err;

	const char *data;
	size_t left;	  /* bytes not yet handed to the kernel */
	size_t sent;	  /* bytes that were */
	int64_t stall_ns; /* the peer may take nothing for so long; 0: for ever */

	/* private */
	char *kept;
	int unsent;
};

enum step io_send_all(struct task *t, struct io_send *s);

/*
 * Say goodbye: send FIN, then read and throw away what the peer still sends,
 * until its FIN or for ns at the most.  To close with bytes unread would send
 * RST, which destroys data in flight (RFC 1122, 4.2.2.13).
 */
struct io_linger {
	int fd;
	int64_t ns;

	int64_t end_ns; /* private */
};

enum step io_linger(struct task *t, struct io_linger *l);

#endif
