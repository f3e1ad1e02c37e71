/*
 * bucket.h - a token bucket: how often something may happen, and how often at once.
 *
 * It is kept as the one moment at which it will be full again, so it needs no
 * timer, and one that is never used costs nothing.
 */
#ifndef ECHOD_BASE_BUCKET_H
#define ECHOD_BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/* Zero bytes: full, as long as the clock is not before 0. */
struct bucket {
	int64_t full_ns;
};

/* What buckets of a kind have in common. */
struct bucket_rule {
	int64_t every_ns; /* a token comes in, while there is room; 0: no limit */
	int64_t room;	  /* tokens in a full one, at least 1 */
};

/* So many tokens a second; 0: no limit. */
struct bucket_rule bucket_rule(int64_t per_second, int64_t room);

/* Take a token if there is one. */
bool bucket_take(struct bucket *b, const struct bucket_rule *rule, int64_t now_ns);

/*
 * Take a token, which may be one that is yet to come.  Returns how long to wait
 * for it, in ns: 0 if it is there.  Those who wait are served in turn.
 */
int64_t bucket_reserve(struct bucket *b, const struct bucket_rule *rule,
    int64_t now_ns);

#endif
