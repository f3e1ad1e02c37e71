/* terms.h - the configurations that a run gives the server. */
#ifndef ECHOD_TESTS_SIM_TERMS_H
#define ECHOD_TESTS_SIM_TERMS_H

#include <stdbool.h>
#include <stdint.h>

#include "echod/config.h"
#include "sim/places.h"

struct terms {
	struct places places;
	bool allows_all;
	unsigned allowed, denied; /* homes, as bits */
	int64_t max_connections, max_per_address;
	int64_t idle_ns, drain_ns, lifetime_ns;
	int64_t bytes_per_second;
	int64_t accepts_per_second;
	int64_t udp_rate, udp_burst;
	bool low_ports;
	unsigned unix_mode;
};

/*
 * Let the dice make a configuration, and say what it comes to.  Returns 0 or
 * -ENOMEM.
 */
int terms_roll(struct terms *ret, struct config *config);

/* Do the access rules keep this home out? */
bool terms_deny(const struct terms *t, int home);

#endif
