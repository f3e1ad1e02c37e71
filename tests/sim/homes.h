/*
 * homes.h - where peers come from, and which of them a network has.  What is said
 * here of networks and of who shares a limit is meant to be checked by eye: no
 * code of the server has computed it.
 */
#ifndef ECHOD_TESTS_SIM_HOMES_H
#define ECHOD_TESTS_SIM_HOMES_H

#include <stdbool.h>

#include "net/addr.h"

/* Any home of a family: AF_INET, AF_INET6, AF_UNIX. */
int home_roll(int family);

/* An address of it, with any port, or the number of a process. */
struct addr home_addr(int home);

/* Those who are one peer to the limits have the same, from 1 on. */
#define HOME_GROUPS 8
int home_group(int home);

/* Is it a user of this machine? */
bool home_is_local(int home);

/* As access.allow and access.deny name it; the homes in it, as bits. */
struct network {
	const char *text;
	unsigned homes;
};

/* Any of them. */
const struct network *network_roll(void);

#endif
