/*
 * config.h - echod.conf(5): what may stand in it, and what it came to.
 *
 * One table, in config_keys.c, names every key with its type, default, range
 * and meaning; reading, checking, comparing and dumping all follow that table.
 * (libconfig has taken the names config_init and config_read.)
 */
#ifndef ECHOD_ECHOD_CONFIG_H
#define ECHOD_ECHOD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/log.h"
#include "echod/access.h"
#include "net/addr.h"
#include "net/sock.h"

/* One address to listen on, as in the file. */
struct config_listen {
	char *text; /* "127.0.0.1:8000", "udp:*:8000", "unix:/run/echod/echod.sock" */
	enum sock_kind kind;
	const char *path; /* of SOCK_UNIX: within text */
	struct addr addr; /* of the others */
	bool both; /* "*:8000": addr is the IPv4 half, [::] with its port the other */
};

struct config {
	int64_t port; /* used when there is no `listen`; 0: the kernel picks */
	struct config_listen *listen;
	int nlisten; /* 0: `port` on every IPv4 and IPv6 address */

	int64_t max_connections;
	int64_t max_connections_per_address; /* 0: no limit */
	int64_t accepts_per_second;	     /* 0: no limit */
	int64_t max_lifetime_ns;	     /* 0: no limit */
	int64_t bytes_per_second;	     /* of a connection; 0: no limit */
	int64_t buffer_size;		     /* bytes */

	int64_t idle_ns; /* 0: never */
	int64_t drain_ns;

	int64_t backlog;
	struct sock_stream_options stream;
	bool reuse_port;
	int64_t unix_mode; /* chmod(2) */

	struct access access;

	bool udp_allow_low_ports;
	int64_t udp_rate_per_address;  /* datagrams a second; 0: no limit */
	int64_t udp_burst_per_address; /* datagrams; 0: no limit */

	int64_t log_level;  /* enum log_level */
	int64_t log_target; /* enum log_target */

	const char *backend; /* as poller_find() takes it; static */
	int64_t spin_us;
};

/*
 * Told of each thing that is wrong, as "FILE:LINE: what is wrong" (or
 * "FILE: ..." where there is no line), good during the call.
 */
typedef void config_complaint(const char *text, void *arg);

/* The built-in defaults.  They hold no memory. */
void config_defaults(struct config *ret);

/* Free what c holds; it may be set to the defaults again. */
void config_release(struct config *c);

/*
 * Read a file over the defaults.  Every error in it is reported to complain,
 * not just the first; but of what follows an error in the grammar, nothing is
 * seen.  Returns 0, -errno when the file cannot be read, or -EINVAL; on failure
 * *ret is untouched, on success release it.
 */
int config_load(struct config *ret, const char *path, config_complaint *complain,
    void *arg);

/* `-p`: listen on this port of every address, whatever the file says. */
void config_set_port(struct config *c, int64_t port);

/* Write the effective configuration, in the format of the file. */
void config_dump(const struct config *c, FILE *out);

/*
 * The dotted names of keys whose new value takes a restart, such as
 * "loop.backend": calls changed for each that differs between the two.
 */
void config_each_restart_key(const struct config *was, const struct config *is,
    void (*changed)(const char *key, void *arg), void *arg);

/* Calls visit with the dotted name of every key there is, for documents and tests. */
void config_each_key(void (*visit)(const char *key, void *arg), void *arg);

#endif
