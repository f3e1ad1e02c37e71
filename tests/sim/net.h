/*
 * net.h - the descriptors of the server, as a kernel would keep them: the lowest
 * free number is given away first, so numbers are used again soon.
 */
#ifndef ECHOD_TESTS_SIM_NET_H
#define ECHOD_TESTS_SIM_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "net/addr.h"
#include "sim/conn.h"
#include "sim/files.h"

#define FDS_MAX 128

enum kind { FREE, SOCKET, LISTENER, STREAM, UDP, EPOLL, SIGNALS };

/* The ports that the kernel picks begin here. */
#define NET_PICKED 40000

struct descriptor {
	enum kind kind;
	struct addr at;
	struct file *file; /* at which it is bound instead */
	bool bound;
	bool dual_stack;    /* it is [::], and takes IPv4 as well */
	bool stays;	    /* it was and is named by the configuration */
	bool for_datagrams; /* a socket */
	bool inherited;	    /* from the service manager */
	bool registered;    /* with epoll(7) */
	uint32_t events;    /* for which it is */
	struct conn *conn;
	int64_t excused_ns; /* until then nobody may look at it: it lacked memory */

	/* of a listener */
	int trouble; /* errno of its last accept(2), or recvmmsg(2) */
	int64_t trouble_ns;
	uint64_t trouble_closings;
	int64_t tried_ns; /* when it last called accept(2) */

	/* of one for datagrams */
	int64_t full_ns; /* until then nothing can be sent */
	int64_t busy_ns; /* until then it need not be read */
};

struct net {
	struct descriptor table[FDS_MAX];
	int top;	      /* no descriptor from here on was ever open */
	int limit;	      /* as RLIMIT_NOFILE */
	uint64_t closings;    /* connections that were served and are closed */
	struct conn *touched; /* by the last call */
	uint64_t signals;     /* pending, as bits */
	bool no_segments;     /* the kernel does not know UDP_SEGMENT */
	int no_runs;	      /* errno of a message that is to be cut up, or 0 */
	int missing;	      /* the machine does not have this family */
	int missing_errno;
	bool ran_out; /* of descriptors, ever */
};

extern struct net net;

void net_begin(void);

/* The lowest free number, from 3 on.  Returns it, or -EMFILE. */
int net_open(enum kind kind);

/* The open descriptor; it is wrong of the server to ask for another. */
struct descriptor *net_at(int fd, const char *call);
struct descriptor *net_stream(int fd, const char *call);

void net_free(int fd);

/* The connection that waits longest at this listener; NULL. */
struct conn *net_waiting(int listener);

/* How many wait there. */
int net_backlog(int listener);

/* Would two sockets for these be in each other's way? */
bool net_overlap(const struct addr *a, const struct addr *b);

/* Is this of a family that the machine does not have? */
bool net_lacks(const struct addr *a);

/* Does it take connections, or datagrams? */
bool net_listens(const struct descriptor *d);

/* Any open socket of that kind; -1. */
int net_any(enum kind kind);

/* A name for the trace. */
const char *net_name(const struct descriptor *d, char text[ADDR_TEXT]);

/* Is this address taken by another socket of the same kind? */
bool net_is_taken(const struct addr *at, bool for_datagrams);

/* The server has no memory to look at this for now; -1: at any listener or signal. */
void net_excuse(int fd);

/* When a socket has room again; NEVER. */
int64_t net_next_ns(void);

/* As conn_ready(). */
unsigned net_ready(int fd);

#endif
