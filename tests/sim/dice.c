#include "sim/dice.h"

static uint64_t state;

void
dice_seed(uint64_t seed)
{
	state = seed;
}

/* SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators). */
uint64_t
dice_roll(void)
{
	uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

int64_t
dice_below(int64_t n)
{
	return (int64_t)(dice_roll() % (uint64_t)n);
}

int64_t
dice_between(int64_t low, int64_t high)
{
	return low + dice_below(high - low + 1);
}

bool
dice_once_in(int64_t n)
{
	return n > 0 && dice_below(n) == 0;
}

int64_t
dice_one_of(const int64_t *numbers, size_t n)
{
	return numbers[dice_below((int64_t)n)];
}
