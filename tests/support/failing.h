/*
 * failing.h - calls of the system that fail, or lie, when a test says so.
 *
 * For a program that is linked with $(failing) of Makefile.am, which lists the calls.
 */
#ifndef ECHOD_TESTS_FAILING_H
#define ECHOD_TESTS_FAILING_H

#include <stdbool.h>

/* From now on the n-th call of this name fails with err, and no other. */
void failing_nth(const char *call, int n, int err);

/* The same, whatever the call's name is. */
void failing_nth_of_all(int n, int err);

/* From now on the n-th call that allocates memory has none, and no other. */
void failing_nth_allocation(int n);

/* From now on each call of this name does. */
void failing_each(const char *call, int err);

/* From now on none does.  Returns whether one did. */
bool failing_end(void);

/* From now on getsockopt(2) says that this option of SOL_SOCKET has this value. */
void failing_lie(int option, int value);

#endif
