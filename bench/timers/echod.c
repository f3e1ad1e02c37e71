#include <stdlib.h>

#include "heap.h"
#include "loop/timers.h"

static struct timers heap;
struct conn {
	_Alignas(64) struct timer timer;
	char rest[HEAP_STRIDE - sizeof(struct timer)];
};
static struct conn *conns;

void
heap_open(uint32_t n)
{
	conns = aligned_alloc(64, n * sizeof(*conns));
	if (conns == NULL || timers_reserve(&heap, n) < 0)
		abort();
	for (uint32_t i = 0; i < n; i++)
		conns[i].timer = (struct timer){ .due_ns = TIMER_NEVER };
}

void
heap_close(void)
{
	timers_release(&heap);
	free(conns);
}

void
heap_set(uint32_t i, int64_t due_ns)
{
	timers_set(&heap, &conns[i].timer, due_ns);
}

void
heap_cancel(uint32_t i)
{
	timers_clear(&heap, &conns[i].timer);
}

void
heap_settle(int64_t now_ns)
{
	if (timers_due(&heap, now_ns) != NULL)
		abort();
}
