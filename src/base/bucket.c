#include "base/bucket.h"

#include "base/clock.h"

struct bucket_rule
bucket_rule(int64_t per_second, int64_t room)
{
	return (struct bucket_rule){
		.every_ns = per_second > 0 ? SECONDS(1) / per_second : 0,
		.room = room,
	};
}

/* How long until there is a token; 0 or less: there is one. */
static int64_t
wait_ns(const struct bucket *b, const struct bucket_rule *rule, int64_t now_ns)
{
	return b->full_ns - now_ns - (rule->room - 1) * rule->every_ns;
}

static void
take(struct bucket *b, const struct bucket_rule *rule, int64_t now_ns)
{
	if (b->full_ns < now_ns)
		b->full_ns = now_ns;
	b->full_ns += rule->every_ns;
}

bool
bucket_take(struct bucket *b, const struct bucket_rule *rule, int64_t now_ns)
{
	if (rule->every_ns == 0)
		return true;
	if (wait_ns(b, rule, now_ns) > 0)
		return false;
	take(b, rule, now_ns);
	return true;
}

int64_t
bucket_reserve(struct bucket *b, const struct bucket_rule *rule, int64_t now_ns)
{
	int64_t ns = wait_ns(b, rule, now_ns);

	if (rule->every_ns == 0)
		return 0;
	take(b, rule, now_ns);
	return ns > 0 ? ns : 0;
}
