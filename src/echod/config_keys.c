#include "echod/config_keys.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"

static const char *const levels[] = { "debug", "info", "warning", "error", NULL };
static const char *const targets[] = { "auto", "stderr", "syslog", NULL };
static const char *const backends[] = { "auto", "select", "epoll", NULL };

_Static_assert(LOG_LEVEL_DEBUG == 0 && LOG_LEVEL_ERROR == 3, "levels[] in order");
_Static_assert(LOG_TARGET_AUTO == 0 && LOG_TARGET_SYSLOG == 2, "targets[] in order");

#define IN(member)     .offset = offsetof(struct config, member)
#define RANGE(lo, hi)  .min = (lo), .max = (hi)
#define INTEGER	       .type = CONFIG_INTEGER
#define DURATION       .type = CONFIG_SECONDS
#define BOOL	       .type = CONFIG_BOOL, RANGE(0, 1)
#define CHOICE(list)   .type = CONFIG_CHOICE, .words = (list)
#define WORD(list)     .type = CONFIG_WORD, .words = (list)
#define MODE	       .type = CONFIG_MODE, RANGE(0, 0777)
#define NETWORKS       .type = CONFIG_NETWORKS
#define DEFAULT(value) .initial = (value)
#define NEEDS_RESTART  .restart = true

/* clang-format off */
const struct config_key config_keys[] = {
	{ "port", INTEGER, IN(port), DEFAULT(8000), RANGE(0, 65535),
	  .meaning = "TCP, on every IPv4 and IPv6 address; 0: the kernel picks" },

	{ "limits.max_connections", INTEGER, IN(max_connections),
	  DEFAULT(1000), RANGE(1, 1000000),
	  .meaning = "at once, over all listeners; one more is closed at once" },
	{ "limits.max_connections_per_address", INTEGER, IN(max_connections_per_address),
	  DEFAULT(0), RANGE(0, 1000000),
	  .meaning = "of one IPv4 address or IPv6 /64; 0: no limit" },
	{ "limits.accepts_per_second", INTEGER, IN(accepts_per_second),
	  DEFAULT(0), RANGE(0, 1000000),
	  .meaning = "over all TCP listeners; the rest waits in the backlog; 0: no limit" },
	{ "limits.max_lifetime", DURATION, IN(max_lifetime_ns),
	  DEFAULT(0), RANGE(0, SECONDS(2592000)),
	  .meaning = "seconds until a connection is ended; 0: no limit" },
	{ "limits.bytes_per_second", INTEGER, IN(bytes_per_second),
	  DEFAULT(0), RANGE(0, 100000000000),
	  .meaning = "of one connection, as they are read; 0: no limit" },
	{ "limits.buffer_size", INTEGER, IN(buffer_size),
	  DEFAULT(262144), RANGE(1024, 16777216), NEEDS_RESTART,
	  .meaning = "bytes read at once, and the most one connection holds unsent" },

	{ "timeouts.idle", DURATION, IN(idle_ns),
	  DEFAULT(SECONDS(300)), RANGE(0, SECONDS(2592000)),
	  .meaning = "seconds without a byte either way; 0: never" },
	{ "timeouts.drain", DURATION, IN(drain_ns),
	  DEFAULT(SECONDS(10)), RANGE(0, SECONDS(86400)),
	  .meaning = "seconds that connections get to finish at shutdown" },

	{ "socket.backlog", INTEGER, IN(backlog), DEFAULT(4096), RANGE(1, 65535),
	  .meaning = "connections not yet accepted, listen(2)" },
	{ "socket.nodelay", BOOL, IN(stream.nodelay), DEFAULT(true),
	  .meaning = "send small pieces at once: TCP_NODELAY, tcp(7)" },
	{ "socket.keepalive", BOOL, IN(stream.keepalive), DEFAULT(false),
	  .meaning = "probe silent peers: SO_KEEPALIVE, socket(7)" },
	{ "socket.reuse_port", BOOL, IN(reuse_port), DEFAULT(false),
	  .meaning = "share the port with other processes: SO_REUSEPORT, socket(7)" },

	{ "socket.unix_mode", MODE, IN(unix_mode), DEFAULT(0666),
	  .meaning = "who may connect to a UNIX socket, chmod(1)" },

	{ "access.allow", NETWORKS, IN(access.allow),
	  .meaning = "who is served; empty: everybody" },
	{ "access.deny", NETWORKS, IN(access.deny),
	  .meaning = "who is not, even if allowed" },

	{ "udp.allow_low_ports", BOOL, IN(udp_allow_low_ports), DEFAULT(false),
	  .meaning = "answer datagrams from ports below 1024" },
	{ "udp.rate_per_address", INTEGER, IN(udp_rate_per_address),
	  DEFAULT(1000), RANGE(0, 1000000),
	  .meaning = "datagrams a second from one address or IPv6 /64; 0: no limit" },
	{ "udp.burst_per_address", INTEGER, IN(udp_burst_per_address),
	  DEFAULT(1000), RANGE(0, 1000000),
	  .meaning = "datagrams at once from one address or IPv6 /64; 0: no limit" },

	{ "log.level", CHOICE(levels), IN(log_level), DEFAULT(LOG_LEVEL_INFO),
	  .meaning = "debug, info, warning or error, and what is worse" },
	{ "log.target", CHOICE(targets), IN(log_target), DEFAULT(LOG_TARGET_AUTO),
	  .meaning = "auto (stderr, or the journal behind it), stderr or syslog" },

	{ "loop.backend", WORD(backends), IN(backend), DEFAULT(0), NEEDS_RESTART,
	  .meaning = "auto (the best there is), select or epoll" },
	{ "loop.spin_us", INTEGER, IN(spin_us), DEFAULT(50), RANGE(0, 1000), NEEDS_RESTART,
	  .meaning = "microseconds to keep polling after activity; 0: never" },
	{ .name = NULL },
};
/* clang-format on */

const struct config_key *
config_key_find(const char *name)
{
	for (const struct config_key *key = config_keys; key->name != NULL; key++)
		if (strcmp(key->name, name) == 0)
			return key;
	return NULL;
}

static int64_t
index_of(const char *const *words, const char *word)
{
	int64_t i = 0;

	while (strcmp(words[i], word) != 0)
		i++;
	return i;
}

int64_t
config_key_get(const struct config_key *key, const struct config *c)
{
	const void *at = (const char *)c + key->offset;

	if (key->type == CONFIG_NETWORKS)
		return 0;
	if (key->type == CONFIG_BOOL)
		return *(const bool *)at;
	if (key->type == CONFIG_WORD)
		return index_of(key->words, *(const char *const *)at);
	return *(const int64_t *)at;
}

void
config_key_set(const struct config_key *key, struct config *c, int64_t value)
{
	void *at = (char *)c + key->offset;

	if (key->type == CONFIG_NETWORKS)
		return;
	if (key->type == CONFIG_BOOL)
		*(bool *)at = value != 0;
	else if (key->type == CONFIG_WORD)
		*(const char **)at = key->words[value];
	else
		*(int64_t *)at = value;
}

struct cidr_list *
config_key_edit_networks(const struct config_key *key, struct config *c)
{
	assert(key->type == CONFIG_NETWORKS);
	return (struct cidr_list *)(void *)((char *)c + key->offset);
}

const struct cidr_list *
config_key_networks(const struct config_key *key, const struct config *c)
{
	assert(key->type == CONFIG_NETWORKS);
	return (const struct cidr_list *)(const void *)((const char *)c + key->offset);
}
