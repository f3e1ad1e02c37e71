/* io.h - sending and ending, as routines for CALL(). */
#ifndef ECHOD_NET_IO_H
#define ECHOD_NET_IO_H

#include <stdint.h>

#include "loop/task.h"

/*
 * What to send, and how far it has come.  Part of every connection, so kept
 * small: 32 bytes.
 */
struct io_send {
	const char *data;
	uint32_t left; /* bytes not yet handed to the kernel */
	uint32_t sent; /* bytes that were */

	/*
	 * Afterwards 0, or the errno of why not everything was sent; ETIME: the
	 * peer stalled; ECANCELED: task_cancel().
	 */
	int err;

	/* private */
	int unsent;
	char *kept;
};

/*
 * Send all of s->data, in order, to the stream socket fd.  What it does not take
 * at once is copied to memory of its own before the first wait, so that data may
 * be the loop's shared buffer; it is freed when all is sent or given up.  That is
 * when the peer has taken nothing for stall_ns; 0: never.
 */
enum step io_send_all(struct task *t, int fd, struct io_send *s, int64_t stall_ns);

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
