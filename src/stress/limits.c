#include "stress/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
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

/* How many ports the kernel picks from for connections; 0: it does not say. */
static int64_t
count_ports(void)
{
	FILE *f = fopen(PORT_RANGE, "re");
	char line[64] = "", *end;
	int64_t low, high;

	if (f == NULL)
		return 0;
	if (fgets(line, sizeof(line), f) == NULL)
		line[0] = '\0';
	fclose(f);
	low = strtoll(line, &end, 10);
	high = strtoll(end, NULL, 10);
	return high > low ? high - low + 1 : 0;
}

static int64_t
count_sources(const struct options *o)
{
	return o->source.count > 0 ? o->source.count : 1;
}

int64_t
limits_ports(const struct options *o)
{
	return count_ports() * count_sources(o);
}

/* A source address has this many ports for the connections to one target. */
static void
check_ports(const struct options *o)
{
	int64_t sources = count_sources(o);
	int64_t ports = count_ports();

	if (o->targets[0].path != NULL || ports == 0 ||
	    o->connections <= ports * sources)
		return;
	fprintf(stderr,
	    "echo-stress: %" PRId64 " connections to one port, but %" PRId64
	    " ports for each source address (%" PRId64 "): widen the range with "
	    "`sysctl net.ipv4.ip_local_port_range=\"1024 65535\"`, or use --source, "
	    "as 127.0.0.1-127.0.0.8\n",
	    o->connections, ports, sources);
}

void
limits_prepare(const struct options *o)
{
	raise_descriptors(o);
	check_ports(o);
}
