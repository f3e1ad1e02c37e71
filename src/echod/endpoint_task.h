/* endpoint_task.h - the task that serves an address: listener, or echo of datagrams. */
#ifndef ECHOD_ECHOD_ENDPOINT_TASK_H
#define ECHOD_ECHOD_ENDPOINT_TASK_H

#include "echod/endpoint.h"

/*
 * Serve e for the set, as one of its tasks.  When that is done, e leaves whatever
 * list it is in and is freed.  Returns 0, or -ENOMEM with e as it was.
 */
int endpoint_start(struct endpoints *set, struct endpoint *e);

/* The task of an endpoint that was started. */
struct task *endpoint_task(struct endpoint *e);

#endif
