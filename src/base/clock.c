#include "base/clock.h"

int64_t
clock_monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return SECONDS(ts.tv_sec) + ts.tv_nsec;
}

struct timespec
clock_timespec(int64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / SECONDS(1)),
		.tv_nsec = (long)(ns % SECONDS(1)),
	};
}
