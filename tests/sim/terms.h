/* terms.h - the configurations that a run gives the server. */
#ifndef ECHOD_TESTS_SIM_TERMS_H
#define ECHOD_TESTS_SIM_TERMS_H

#include <stdbool.h>
#include <stdint.h>

#include "echod/config.h"
#include "net/addr.h"

#define TERMS_LISTEN_MAX 6

/* Where it is to listen. */
struct place {
	struct addr addr;
	bool udp;
};

struct terms {
	struct place listen[TERMS_LISTEN_MAX];
	int nlisten;
	bool by_port; /* or by a list */
	int64_t max_connections, max_per_address;
	int64_t idle_ns, drain_ns, lifetime_ns;
	int64_t bytes_per_second;
};

/*
 * Let the dice make a configuration, and say what it comes to.  Returns 0 or
 * -ENOMEM.
 */
int terms_roll(struct terms *ret, struct config *config);

#endif
