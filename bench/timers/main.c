/*
 * What timers cost, in nanoseconds, as they grow in number:
 *
 *	rearm		an idle limit is renewed: a timer moves to the end
 *	settle		what rearm put off, once for each timer and its time of silence
 *	insert_cancel	a connection comes, and leaves: somewhere in the middle
 *	replace		one that has long been there leaves, another one comes
 *
 *	PROGRAM [TIMERS...]
 *
 * Prints a line of JSON for each number of timers.  They are touched in random
 * order, as connections become active.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "heap.h"

#define STEP	MILLISECONDS(1) /* between two deadlines; libuv knows no shorter one */
#define FAR	SECONDS(1000)	/* until the first deadline */
#define ROUNDS	9		/* of which the median counts */
#define OPS	200000
#define RANDOMS (1u << 20)

static uint32_t randoms[RANDOMS];

/* xorshift32 (Marsaglia, 2003) */
static void
fill_randoms(void)
{
	uint32_t x = 2463534242;

	for (uint32_t i = 0; i < RANDOMS; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		randoms[i] = x;
	}
}

/* The k-th random number below n. */
static uint32_t
below(uint32_t n, uint32_t k)
{
	return (uint32_t)((uint64_t)randoms[k % RANDOMS] * n >> 32);
}

static int64_t
somewhere(uint32_t n, uint32_t k)
{
	return FAR + STEP * (below(n, k) + 1);
}

static uint32_t
rearm(uint32_t n, uint32_t round)
{
	for (uint32_t k = 0; k < OPS; k++)
		heap_set(below(n, k * 2 + round),
		    FAR + STEP * ((int64_t)n + (int64_t)round * OPS + k));
	return OPS;
}

static uint32_t
insert_cancel(uint32_t n, uint32_t round)
{
	for (uint32_t k = 0; k < OPS; k++) {
		heap_set(n, somewhere(n, k + round));
		heap_cancel(n);
	}
	return OPS;
}

static uint32_t
replace(uint32_t n, uint32_t round)
{
	for (uint32_t k = 0; k < OPS; k++) {
		uint32_t i = below(n, 2 * k + round);

		heap_cancel(i);
		heap_set(i, somewhere(n, 2 * k + 1));
	}
	return OPS;
}

static uint32_t
settle(uint32_t n, uint32_t round)
{
	(void)round;
	heap_settle(2 * FAR + STEP * n); /* all have been moved past that */
	return n;
}

static void
arm_all(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		heap_set(i, somewhere(n, i));
}

/* Each is moved behind all others, and beyond what settle() lets come. */
static void
move_all(uint32_t n)
{
	arm_all(n);
	for (uint32_t k = 0; k < n; k++)
		heap_set((uint32_t)(k * 7919ull % n),
		    3 * FAR + STEP * ((int64_t)n + k));
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
measure(uint32_t n, void (*prepare)(uint32_t), uint32_t (*work)(uint32_t, uint32_t))
{
	double ns[ROUNDS];

	heap_open(n + 1);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		int64_t began_ns;
		uint32_t ops;

		if (round == 0 || work == settle)
			prepare(n);
		began_ns = clock_monotonic_ns();
		ops = work(n, round);
		ns[round] = (double)(clock_monotonic_ns() - began_ns) / ops;
		if (work == settle) {
			heap_close();
			heap_open(n + 1);
		}
	}
	heap_close();
	qsort(ns, ROUNDS, sizeof(*ns), ascending);
	return ns[ROUNDS / 2];
}

int
main(int argc, char **argv)
{
	fill_randoms();
	for (int i = 1; i < argc; i++) {
		uint32_t n = (uint32_t)strtoul(argv[i], NULL, 10);

		if (n == 0)
			return EXIT_FAILURE;
		printf("{\"timers\": %u, \"rearm\": %.2f, \"settle\": %.2f, "
		       "\"insert_cancel\": %.2f, \"replace\": %.2f}\n",
		    n, measure(n, arm_all, rearm), measure(n, move_all, settle),
		    measure(n, arm_all, insert_cancel), measure(n, arm_all, replace));
	}
	return EXIT_SUCCESS;
}
