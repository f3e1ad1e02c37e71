#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "loop/loop.h"
#include "stress/datagrams.h"
#include "stress/ledger.h"
#include "stress/run.h"
#include "stress/stream.h"

#define BUFFER_MOST (64 << 20)

void
datagrams_write(const struct client *c, const struct datagram *d, char *buf)
{
	uint64_t header[] = { htole64(d->number), htole64((uint64_t)d->sent_ns) };

	stream_fill(c->seed, DATAGRAM_OFFSET(d->number), buf, d->size);
	memcpy(buf, header, d->size < DATAGRAM_HEADER ? d->size : DATAGRAM_HEADER);
}

void
datagrams_begin(struct client *c, int64_t due_ns, uint32_t size)
{
	struct datagram *d = ledger_enter(c->ledger, due_ns, size);

	if (c->unsent == NULL)
		c->unsent = d;
}

/*
 * An ICMP error that came before is told to the next call; once told, it is over
 * (udp(7)).  So the second time the datagram is sent, and if it meets the same
 * error, the reader is told.
 */
static ssize_t
send_one(int fd, const char *buf, size_t size)
{
	ssize_t n = send(fd, buf, size, MSG_NOSIGNAL);

	if (n < 0 && (errno == EINTR || errno == ECONNREFUSED))
		n = send(fd, buf, size, MSG_NOSIGNAL);
	return n;
}

void
datagrams_send(struct client *c)
{
	struct figures *f = c->run->figures;
	char *buf = loop_buffer(c->run->loop).data;

	while (c->unsent != NULL) {
		struct datagram *d = c->unsent;

		d->sent_ns = clock_monotonic_ns();
		datagrams_write(c, d, buf);
		if (send_one(c->fd, buf, d->size) < 0) {
			if (errno != EAGAIN)
				c->send_err = errno;
			return;
		}
		c->sent += d->size;
		f->bytes_sent += d->size;
		if (d->due_ns >= f->from_ns)
			f->udp.sent++;
		c->unsent = TAILQ_NEXT(d, others);
	}
}

int
datagrams_receive_buffer(const struct options *o)
{
	/* The kernel counts what it stores them in, about twice their size. */
	int64_t bytes = o->pipeline * (o->size_max * 2 + 1024);

	return bytes < BUFFER_MOST ? (int)bytes + (1 << 18) : BUFFER_MOST;
}
