#include "stress/pacer.h"

#include "base/clock.h"

void
pacer_init(struct pacer *p, int64_t from_ns, int64_t rate, int64_t sharers,
    int64_t index)
{
	*p = (struct pacer){
		.next_ns = from_ns + SECONDS(index) / rate,
		.step_ns = SECONDS(sharers) / rate,
		.part = SECONDS(sharers) % rate,
		.carry = SECONDS(index) % rate,
		.rate = rate,
	};
}

/* Fractions of a nanosecond are carried along, so that the rate is exact for ever. */
static void
step(struct pacer *p)
{
	p->next_ns += p->step_ns;
	p->carry += p->part;
	if (p->carry >= p->rate) {
		p->carry -= p->rate;
		p->next_ns++;
	}
}

bool
pacer_take(struct pacer *p, int64_t now_ns, int64_t *due_ns)
{
	if (p->next_ns > now_ns)
		return false;
	*due_ns = p->next_ns;
	step(p);
	return true;
}

uint64_t
pacer_give_up(struct pacer *p, int64_t before_ns)
{
	uint64_t n = 0;

	for (; p->next_ns < before_ns; n++)
		step(p);
	return n;
}
