/* dial.h - connect, as a routine for CALL(). */
#ifndef ECHOD_STRESS_DIAL_H
#define ECHOD_STRESS_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/task.h"
#include "net/addr.h"

struct dial {
	struct addr to;
	const char *path;   /* of a UNIX socket, instead; or NULL */
	bool datagrams;	    /* of UDP */
	struct addr from;   /* family 0: the kernel picks */
	int64_t limit_ns;   /* ETIME when it takes longer */
	int receive_buffer; /* SO_RCVBUF in bytes; 0: the kernel's choice */

	int fd;	 /* afterwards: the connection, or -1 */
	int err; /* and then why, as an errno */
	int64_t began_ns, took_ns;
};

enum step dial(struct task *t, struct dial *d);

#endif
