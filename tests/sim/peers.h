/* peers.h - those who connect, and how they behave. */
#ifndef ECHOD_TESTS_SIM_PEERS_H
#define ECHOD_TESTS_SIM_PEERS_H

#include <stdint.h>

/* Let the dice say how many come, when, and of what kind they are. */
void peers_begin(void);

/* When one of them next does something; and let it. */
int64_t peers_next_ns(void);
void peers_act(void);

#endif
