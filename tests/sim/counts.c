#include "sim/counts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/faults.h"

#define COLUMNS 88

struct counts *counts;

static const struct {
	const char *group, *name;
} kinds[EVENTS] = {
	[EVENT_CONNECTION] = { "peers", "connections" },
	[EVENT_UNIX_CONNECTION] = { "peers", "UNIX connections" },
	[EVENT_PIECE] = { "peers", "pieces written" },
	[EVENT_HALF_CLOSE] = { "peers", "half-closes" },
	[EVENT_RESET] = { "peers", "resets" },
	[EVENT_LEAVE] = { "peers", "closes amid data" },
	[EVENT_STOP_TAKING] = { "peers", "stops of reading" },
	[EVENT_CUT_OFF] = { "network", "silences" },
	[EVENT_DATAGRAM] = { "network", "datagrams" },
	[EVENT_DATAGRAM_LOST] = { "network", "lost" },
	[EVENT_SOCKET_FULL] = { "network", "send queues full" },
	[EVENT_SIGNAL] = { "host", "signals" },
	[EVENT_RELOAD] = { "host", "reloads" },
	[EVENT_RELOAD_WRONG] = { "host", "of a wrong file" },
	[EVENT_RELOAD_FAILED] = { "host", "that failed" },
	[EVENT_STOP] = { "host", "shutdowns" },
	[EVENT_STOP_AT_ONCE] = { "host", "at once" },
	[EVENT_NO_DESCRIPTOR] = { "host", "no descriptor left" },
	[EVENT_INHERITED] = { "host", "inherited sockets" },
	[EVENT_FAMILY_MISSING] = { "host", "family missing" },
	[EVENT_RUN_REFUSED] = { "host", "runs of datagrams refused" },
	[EVENT_FILE_IN_THE_WAY] = { "host", "files in the way" },
	[EVENT_FILE_TOUCHED] = { "host", "files taken away" },
	[EVENT_SERVED] = { "server", "served" },
	[EVENT_DENIED] = { "server", "denied" },
	[EVENT_OVER_LIMIT] = { "server", "over a limit" },
	[EVENT_PACED] = { "server", "made to wait" },
	[EVENT_SHUT_DOWN] = { "server", "ended by it" },
	[EVENT_ANSWERED] = { "server", "datagrams answered" },
	[EVENT_RUN] = { "server", "in runs" },
};

void
count(enum event event)
{
	counts->events[event]++;
}

/* ---- the table ---- */

static struct {
	const char *group;
	int column;
} line;

static void
begin_line(const char *group)
{
	if (line.column > 0)
		printf("\n");
	line.column = printf("# %-10s", group);
}

void
counts_print(const char *group, const char *name, uint64_t n)
{
	char text[64];
	int len = snprintf(text, sizeof(text), " %s %" PRIu64, name, n);

	if (line.group == NULL || strcmp(group, line.group) != 0)
		begin_line(group);
	else if (line.column + len + 1 > COLUMNS)
		begin_line("");
	else
		line.column += printf(",");
	line.group = group;
	line.column += printf("%s", text);
}

void
counts_report(void)
{
	line.column = 0;
	line.group = NULL;
	faults_report();
	for (int e = 0; e < EVENTS; e++)
		counts_print(kinds[e].group, kinds[e].name, counts->events[e]);
	printf("\n# %" PRIu64 " turns in %.1f simulated hours\n", counts->turns,
	    (double)counts->simulated_ns / 3600e9);
}

bool
counts_complete(void)
{
	bool complete = faults_complete();

	for (int e = 0; e < EVENTS; e++)
		if (counts->events[e] == 0) {
			printf("# never: %s\n", kinds[e].name);
			complete = false;
		}
	return complete;
}
