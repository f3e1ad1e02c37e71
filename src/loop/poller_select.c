/*
 * The select(2) backend.  The kernel takes bit sets of any length; only the
 * fd_set of the C library ends at FD_SETSIZE (1024).  So the sets here are
 * arrays of our own that grow with the highest descriptor.
 */
#include "loop/poller.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>

#include "base/clock.h"

typedef unsigned long word; /* the kernel's unit: see select(2), "fd_set" */

#define WORD_BITS ((int)(sizeof(word) * CHAR_BIT))

enum set { WANT_READ, WANT_WRITE, GOT_READ, GOT_WRITE, SETS };

struct poller {
	word *set[SETS]; /* each `words` long */
	int words;
	int used;  /* words up to the highest descriptor watched */
	int start; /* the descriptor to look at first, so that none starves */
};

static void
select_close(struct poller *p)
{
	for (int s = 0; s < SETS; s++)
		free(p->set[s]);
	free(p);
}

static int
select_open(struct poller **ret)
{
	struct poller *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	*ret = p;
	return 0;
}

/* Lengthen the sets to hold fd.  What was reserved before a failure is kept. */
static int
reserve(struct poller *p, int fd)
{
	int words = p->words > 0 ? p->words : 16;

	while (words <= fd / WORD_BITS)
		words *= 2;
	if (words == p->words)
		return 0;
	for (int s = 0; s < SETS; s++) {
		word *longer = reallocarray(p->set[s], (size_t)words, sizeof(word));

		if (longer == NULL)
			return -ENOMEM;
		memset(longer + p->words, 0, (size_t)(words - p->words) * sizeof(word));
		p->set[s] = longer;
	}
	p->words = words;
	return 0;
}

static void
assign_bit(word *set, int fd, unsigned on)
{
	word bit = (word)1 << (fd % WORD_BITS);

	if (on)
		set[fd / WORD_BITS] |= bit;
	else
		set[fd / WORD_BITS] &= ~bit;
}

static int
select_watch(struct poller *p, int fd, unsigned want)
{
	if (want != 0 && fcntl(fd, F_GETFD) < 0)
		return -errno; /* or every wait from now on would fail */
	if (want != 0 && reserve(p, fd) < 0)
		return -ENOMEM;
	if (fd / WORD_BITS >= p->words)
		return 0; /* never watched */

	assign_bit(p->set[WANT_READ], fd, want & IO_READ);
	assign_bit(p->set[WANT_WRITE], fd, want & IO_WRITE);

	if (fd / WORD_BITS >= p->used)
		p->used = fd / WORD_BITS + 1;
	while (p->used > 0 && p->set[WANT_READ][p->used - 1] == 0 &&
	    p->set[WANT_WRITE][p->used - 1] == 0)
		p->used--;
	return 0;
}

/* The first descriptor from fd on that the kernel called ready; -1: none. */
static int
next_ready(const struct poller *p, int fd)
{
	word from = ~(word)0 << (fd % WORD_BITS);

	for (int w = fd / WORD_BITS; w < p->used; w++) {
		word got = (p->set[GOT_READ][w] | p->set[GOT_WRITE][w]) & from;

		if (got != 0)
			return w * WORD_BITS + __builtin_ctzl(got);
		from = ~(word)0;
	}
	return -1;
}

static bool
has_bit(const word *set, int fd)
{
	return set[fd / WORD_BITS] >> (fd % WORD_BITS) & 1;
}

static int
select_wait(struct poller *p, struct poller_event *events, int room, int64_t timeout_ns)
{
	struct timespec ts = clock_timespec(timeout_ns);
	size_t size = (size_t)p->used * sizeof(word);
	int bits, n;

	if (size > 0) {
		memcpy(p->set[GOT_READ], p->set[WANT_READ], size);
		memcpy(p->set[GOT_WRITE], p->set[WANT_WRITE], size);
	}
	bits = pselect(p->used * WORD_BITS, (fd_set *)p->set[GOT_READ],
	    (fd_set *)p->set[GOT_WRITE], NULL, timeout_ns < 0 ? NULL : &ts, NULL);
	if (bits < 0)
		return errno == EINTR ? 0 : -errno;

	for (n = 0; bits > 0 && n < room; n++) {
		int fd = next_ready(p, p->start);

		if (fd < 0)
			fd = next_ready(p, 0); /* once around */
		assert(fd >= 0);
		events[n].fd = fd;
		events[n].ready = (has_bit(p->set[GOT_READ], fd) ? IO_READ : 0u) |
		    (has_bit(p->set[GOT_WRITE], fd) ? IO_WRITE : 0u);
		bits -= events[n].ready == (IO_READ | IO_WRITE) ? 2 : 1;
		p->start = fd + 1;
	}
	return n;
}

const struct poller_ops poller_select = {
	.name = "select",
	.open = select_open,
	.close = select_close,
	.watch = select_watch,
	.wait = select_wait,
};
