/* push.h - messages out: when they are due, and as the socket takes them. */
#ifndef ECHOD_STRESS_PUSH_H
#define ECHOD_STRESS_PUSH_H

#include <stdbool.h>
#include <stdint.h>

#include "stress/client.h"

/* Begin what messages may begin now, and send what the socket takes. */
void push_now(struct client *c, int64_t now_ns);

/* What the writer has to wait for before it pushes again. */
struct wait push_wait(struct client *c);

/* May it ever begin another message on this connection? */
bool push_may_go_on(const struct client *c);

/* Send FIN behind the last message. */
void push_fin(struct client *c);

/* Is there another message on the schedule before the run ends? */
bool push_will_be_due(const struct client *c);

/* Give up, and count as late, what has been due since before this time. */
void push_give_up(struct client *c, int64_t before_ns);

#endif
