#include "support/hurry.h"

#include <check.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/util.h"

/* What the kernel may take to carry bytes over loopback. */
#define GRACE_NS MILLISECONDS(2)

static const char *const names[] = { "select", "epoll" };
static const struct poller_ops *real;
static int64_t now_ns;
static int waits;

int
hurry_backends(void)
{
	int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		n += poller_find(names[i]) != NULL;
	return n;
}

int64_t
hurry_now_ns(void)
{
	return now_ns;
}

int
hurry_waits(void)
{
	return waits;
}

static int
hurry_wait(struct poller *p, struct poller_event *events, int room, int64_t timeout_ns)
{
	int n = real->wait(p, events, room, timeout_ns > 0 ? GRACE_NS : timeout_ns);

	waits++;
	if (n == 0 && timeout_ns > 0)
		now_ns += timeout_ns;
	return n;
}

struct loop *
hurry_loop(int backend)
{
	static struct poller_ops ops;
	struct loop_options options = { .backend = &ops, .now_ns = hurry_now_ns };
	struct loop *loop;

	real = poller_find(names[backend]);
	ck_assert_ptr_nonnull(real);
	ops = *real;
	ops.wait = hurry_wait;
	ck_assert_int_eq(loop_open(&loop, &options), 0);
	return loop;
}
