#include "support/fake_clock.h"

static int64_t now_ns = FAKE_CLOCK_START;
static int64_t tick_ns;

int64_t
fake_clock_ns(void)
{
	now_ns += tick_ns;
	return now_ns;
}

void
fake_clock_tick(int64_t ns)
{
	tick_ns = ns;
}

int64_t
fake_clock_peek(void)
{
	return now_ns;
}

void
fake_clock_set(int64_t ns)
{
	now_ns = ns;
}

void
fake_clock_advance(int64_t ns)
{
	now_ns += ns;
}

void
fake_clock_reset(void)
{
	now_ns = FAKE_CLOCK_START;
	tick_ns = 0;
}
