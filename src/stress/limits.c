#include "stress/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#define OTHER_DESCRIPTORS 32
#define PORT_RANGE	  "/proc/sys/net/ipv4/ip_local_port_range"

static void
raise_descriptors(const struct options *o)
{
	rlim_t wanted = (rlim_t)(o->connections * o->ntargets + OTHER_DESCRIPTORS);
	struct rlimit limit, higher = { wanted, wanted };

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return;
	if (limit.rlim_max >= wanted)
		higher.rlim_max = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &higher) == 0)
		return;
	fprintf(stderr,
	    "echo-stress: this takes %ju descriptors, but the limit is %ju: "
	    "raise it with `ulimit -Hn %ju` as root, or use fewer connections\n",
	    (uintmax_t)wanted, (uintmax_t)limit.rlim_max, (uintmax_t)wanted);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* A source address has this many ports for the connections to one target. */
static void
check_ports(const struct options *o)
{
	int64_t sources = o->source.count > 0 ? o->source.count : 1;
	FILE *f = fopen(PORT_RANGE, "re");
	int64_t low = 0, high = 0;
	int found = 0;

	if (f != NULL) {
		found = fscanf(f, "%" SCNd64 " %" SCNd64, &low, &high);
		fclose(f);
	}
	if (found != 2 || o->connections <= (high - low + 1) * sources)
		return;
	fprintf(stderr,
	    "echo-stress: %" PRId64 " connections to one port, but %" PRId64
	    " source addresses have %" PRId64 " ports each: widen the range with "
	    "`sysctl net.ipv4.ip_local_port_range=\"1024 65535\"`, or use --source, "
	    "as 127.0.0.1-127.0.0.8\n",
	    o->connections, sources, high - low + 1);
}

void
limits_prepare(const struct options *o)
{
	raise_descriptors(o);
	check_ports(o);
}
