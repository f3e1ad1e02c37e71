/* exchange.h - answers in, every byte of them checked, and the next messages out. */
#ifndef ECHOD_STRESS_EXCHANGE_H
#define ECHOD_STRESS_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "stress/client.h"
#include "stress/failure.h"

#define QUOTA_NONE UINT64_MAX /* c->quota: no limit */

/* ---- routines for CALL() on the task of the reader ---- */

/*
 * Send messages and check the answers until the quota is used up or the run
 * stops, and all is answered; with fin_after, until the server's FIN.  Ends
 * early when the connection fails: c->failed.
 */
enum step exchange(struct task *t, struct client *c);

/* Of that, one wait for something to read, and the reading. */
enum step exchange_once(struct task *t, struct client *c);

/* Nothing more is expected: send FIN, and see that nothing more comes. */
enum step exchange_farewell(struct task *t, struct client *c);

/* ---- in between ---- */

/* Will anything be sent or come back before the quota is used up or the run stops? */
bool exchange_more(const struct client *c);

/* Count a failure of this connection, told as "connection N: ...". */
void exchange_fail(struct client *c, enum failure kind, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
