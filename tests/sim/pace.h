/*
 * pace.h - how often something may happen: so many times a second, and so many of
 * these at once.
 */
#ifndef ECHOD_TESTS_SIM_PACE_H
#define ECHOD_TESTS_SIM_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
	int64_t every_ns; /* 0: as often as it likes */
	int64_t room;	  /* so many at once */
	int64_t full_ns;  /* when it can again be so many */
};

/* From now on so many; nothing of what was before counts. */
void pace_set(struct pace *p, int64_t per_second, int64_t room);

/* It happens: was it time? */
bool pace_take(struct pace *p, int64_t now_ns, int64_t slack_ns);

/* ---- of the connections that are accepted, as echod.conf(5) has it ---- */

void pace_accepts_begin(int64_t per_second);

/* There is a new configuration. */
void pace_accepts_change(int64_t per_second);

struct descriptor;

/* Is this listener to keep to it? */
bool pace_accept_is_on(const struct descriptor *listener);

/* accept(2) is called, at this listener; and it has brought a connection. */
void pace_accept_tried(struct descriptor *listener);
void pace_accept_done(const struct descriptor *listener);

/* This listener is closed. */
void pace_accept_ends(const struct descriptor *listener);

/* Until when a connection may wait that could be had since that moment. */
int64_t pace_accept_until_ns(int64_t since_ns);

#endif
