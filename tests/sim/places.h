/* places.h - where the server is to listen. */
#ifndef ECHOD_TESTS_SIM_PLACES_H
#define ECHOD_TESTS_SIM_PLACES_H

#include <stdbool.h>

#include "echod/config.h"
#include "net/addr.h"
#include "sim/files.h"
#include "sim/net.h"

#define PLACES_MAX 16

struct place {
	char text[32]; /* the entry of `listen`; of two places, where it is "*:8000" */
	enum sock_kind kind;
	struct addr addr;
	struct file *file; /* of SOCK_UNIX */
};

struct places {
	struct place all[PLACES_MAX];
	int n;
	bool by_port; /* or by a list */
	bool lacking; /* the machine does not have the family of one */
};

/*
 * Let the dice choose some, and write them into a configuration.  Returns 0 or
 * -ENOMEM.
 */
int places_roll(struct places *ret, struct config *config);

/* Does this socket listen there? */
bool place_has(const struct place *p, const struct descriptor *d);

/* Is it one of these, with the same text? */
bool places_name(const struct places *places, const struct place *p);

/* Can the server, which listens at others, have all of these? */
bool places_can_be_had(const struct places *places, const struct places *others);

/* Inherited sockets, while there are any, stand for a port. */
bool places_are_inherited(void);

/* Does the configuration in effect name what this socket is bound to? */
bool is_wanted(const struct descriptor *d);

#endif
