#include "sim/inherited.h"

#include "sim/counts.h"
#include "sim/dice.h"
#include "sim/host.h"
#include "sim/net.h"
#include "sim/world.h"

/* What a service manager may have bound for the server. */
static const struct {
	const char *text;
	enum kind kind;
} sockets[] = {
	{ "127.0.0.1:8000", LISTENER }, { "0.0.0.0:8001", LISTENER },
	{ "[::]:8003", LISTENER }, { "127.0.0.1:8000", UDP },
	{ "/run/echod.sock", LISTENER },
	{ "127.0.0.1:8004", SOCKET }, /* which does not listen */
};

static void
inherit(const char *text, enum kind kind)
{
	int fd = net_open(kind);
	struct descriptor *d = &net.table[fd];

	if (*text == '/') {
		d->file = file_at(text);
		d->at.sa.sa_family = AF_UNIX;
		file_inherit(d->file, fd);
	} else {
		addr_parse(&d->at, text);
	}
	d->bound = d->inherited = true;
	d->for_datagrams = kind == UDP;
	d->dual_stack = d->at.sa.sa_family == AF_INET6;
	host.inherited++;
	count(EVENT_INHERITED);
	trace("inherited: %d at %s", fd, text);
}

void
inherited_bind(void)
{
	if (net.missing != 0 || !dice_once_in(6))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++)
		if (dice_once_in(3))
			inherit(sockets[i].text, sockets[i].kind);
}
