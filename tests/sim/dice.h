/* dice.h - everything that is left to chance, from one seed. */
#ifndef ECHOD_TESTS_SIM_DICE_H
#define ECHOD_TESTS_SIM_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From now on the dice fall as this seed has it. */
void dice_seed(uint64_t seed);

/* Any 64 bits. */
uint64_t dice_roll(void);

/* 0 to n - 1. */
int64_t dice_below(int64_t n);

/* low to high, both included. */
int64_t dice_between(int64_t low, int64_t high);

/* True once in n times; for 0 never. */
bool dice_once_in(int64_t n);

/* One of the n numbers, each as likely as the others. */
int64_t dice_one_of(const int64_t *numbers, size_t n);

/* dice_pick(1, 10, 100): one of these. */
#define dice_pick(...)                                                                 \
	dice_one_of((const int64_t[]){ __VA_ARGS__ },                                  \
	    sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

#endif
