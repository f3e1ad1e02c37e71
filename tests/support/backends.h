/*
 * backends.h - each loop test runs over every backend, on the fake clock.
 *
 *	START_TEST(wakes_the_reader)
 *	{
 *		struct loop *loop = backends_open_loop(_i, 0);
 *		struct channel c;
 *
 *		channel_open(&c, loop);
 *		...
 *	}
 *	tcase_add_loop_test(tc, wakes_the_reader, 0, backends_count());
 *
 * The real backends look at real descriptors, but never sleep: where nothing is
 * ready they move the fake clock by the timeout.  A wait that would last for
 * ever fails the test.
 */
#ifndef ECHOD_TESTS_BACKENDS_H
#define ECHOD_TESTS_BACKENDS_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/loop.h"

/* Those of this build, and the scripted one (support/script.h), which comes last. */
int backends_count(void);
const struct poller_ops *backends_at(int i);
int backends_scripted(void); /* its number, and how many real ones there are */

/* A loop on backend i and the fake clock, which starts anew.  Cannot fail. */
struct loop *backends_open_loop(int i, int64_t spin_ns);

/* The same on a real backend, which gives bytes on loopback a moment to arrive. */
struct loop *backends_open_net_loop(int i);

/* How often a real backend has been asked to wait since the loop was opened. */
int backends_waits(void);

/*
 * Something to wait for: one end of a socket pair, whose other end the test
 * holds; or on the scripted backend a number, which /dev/null stands for so that
 * it can be closed.
 */
struct channel {
	int fd;	  /* to be waited for, and closed with loop_close_fd() or below */
	int peer; /* -1: none */
	bool scripted;
};

/* It can be written, and not read. */
void channel_open(struct channel *c, struct loop *loop);

void channel_make_readable(struct channel *c);
void channel_drain(struct channel *c); /* no longer readable */
void channel_fill(struct channel *c);  /* no longer writable */
void channel_make_writable(struct channel *c);
void channel_hang_up(struct channel *c); /* the peer is gone: ready for all */

/* Both ends, where they are still open. */
void channel_close(struct channel *c, struct loop *loop);

#endif
