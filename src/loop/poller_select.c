/*
 * The select(2) backend.  The kernel takes bit sets of any length; only the
 * fd_set of the C library ends at FD_SETSIZE (1024).  So the sets here are
 * arrays of our own that grow with the highest descriptor.
 */
#include "loop/poller.h"

#include <errno.h>
#include <limits.h>
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
	int start; /* the word to look at first, so that none starves */
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

/* Store the ready descriptors of word w; returns how many were stored in all. */
static int
collect(const struct poller *p, int w, struct poller_event *events, int room, int n)
{
	word readers = p->set[GOT_READ][w], writers = p->set[GOT_WRITE][w];

	for (word left = readers | writers; left != 0 && n < room; left &= left - 1) {
		int bit = __builtin_ctzl(left);

		events[n++] = (struct poller_event){
			.fd = w * WORD_BITS + bit,
			.ready = (readers >> bit & 1 ? IO_READ : 0u) |
			    (writers >> bit & 1 ? IO_WRITE : 0u),
		};
	}
	return n;
}

static int
select_wait(struct poller *p, struct poller_event *events, int room, int64_t timeout_ns)
{
	struct timespec ts = { timeout_ns / SECONDS(1), timeout_ns % SECONDS(1) };
	size_t size = (size_t)p->used * sizeof(word);
	int ready, n = 0, w;

	if (size > 0) {
		memcpy(p->set[GOT_READ], p->set[WANT_READ], size);
		memcpy(p->set[GOT_WRITE], p->set[WANT_WRITE], size);
	}
	ready = pselect(p->used * WORD_BITS, (fd_set *)p->set[GOT_READ],
	    (fd_set *)p->set[GOT_WRITE], NULL, timeout_ns < 0 ? NULL : &ts, NULL);
	if (ready < 0)
		return errno == EINTR ? 0 : -errno;
	if (ready == 0)
		return 0;

	w = p->start < p->used ? p->start : 0;
	for (int left = p->used; left > 0 && n < room; left--) {
		n = collect(p, w, events, room, n);
		p->start = w; /* perhaps not all of it fitted: begin here next time */
		w = w + 1 < p->used ? w + 1 : 0;
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
