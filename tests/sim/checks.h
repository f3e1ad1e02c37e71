/* checks.h - what must hold, whatever happens: asked at every call of the server. */
#ifndef ECHOD_TESTS_SIM_CHECKS_H
#define ECHOD_TESTS_SIM_CHECKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/server.h"
#include "sim/conn.h"
#include "sim/net.h"

/* What README.md and echod.conf(5) promise. */
#define DRAIN_SILENCE_NS MILLISECONDS(100)
#define LINGER_NS	 SECONDS(1)
#define PAUSE_NS	 SECONDS(1)
#define FAREWELL_NS	 SECONDS(2)

/* How late the server may be: it may have to wait for a processor, often. */
#define SLACK_NS MILLISECONDS(50)

/* Has it been silent for so long, counted at the earliest from a moment? */
bool checks_was_silent(const struct conn *c, int64_t from_ns, int64_t limit_ns);

/* The server calls: before anything of it has happened. */
void check_accept(struct conn *c);
void check_recv(const struct conn *c);
void check_send(const struct conn *c, const char *bytes, size_t n);
void check_shutdown(const struct conn *c);
void check_close(int fd);

/* It has received something: is that within the rate? */
void check_rate(const struct conn *c);

/* It waits: the end of a turn. */
void check_turn(void);

/* Nothing is ready, and it goes to sleep: everything that can be done must be done. */
void check_asleep(void);
void check_asleep_listener(int fd, const struct descriptor *d);
void check_listening(void);

/* It has ended. */
void check_figures(const struct server *s);
void check_end(void);

#endif
