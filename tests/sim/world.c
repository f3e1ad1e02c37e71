#include "sim/world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/dice.h"

#define BEGIN_NS SECONDS(1000)

struct world world;

void
world_begin(uint64_t seed, bool tracing)
{
	dice_seed(seed);
	world = (struct world){
		.seed = seed,
		.tracing = tracing,
		.began_ns = BEGIN_NS,
		.now_ns = BEGIN_NS,
		.turn_ns = BEGIN_NS,
	};
}

void
world_advance(int64_t ns)
{
	world.now_ns += ns;
}

static double
elapsed_s(void)
{
	return (double)(world.now_ns - world.began_ns) / 1e9;
}

PRINTF_LIKE(1, 0)
static void
print(const char *format, va_list args)
{
	vprintf(format, args);
	printf("\n");
}

void
world_tell(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("%12.6f  ", elapsed_s());
	print(format, args);
	va_end(args);
}

void
world_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("seed %" PRIu64 " failed after %.6f s: ", world.seed, elapsed_s());
	print(format, args);
	va_end(args);
	fflush(stdout);
	_Exit(EXIT_FAILURE);
}
