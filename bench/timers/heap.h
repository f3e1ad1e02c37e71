/* heap.h - one library's timers, as bench/timers/main.c uses them. */
#ifndef ECHOD_BENCH_HEAP_H
#define ECHOD_BENCH_HEAP_H

#include <stdint.h>

/* A timer lives in the struct of a connection, so not close to the next one. */
#define HEAP_STRIDE 192

/* Make n timers, none of them armed. */
void heap_open(uint32_t n);
void heap_close(void);

/* Arm a timer, or move it. */
void heap_set(uint32_t i, int64_t due_ns);
void heap_cancel(uint32_t i);

/* Let this time come, before which no timer is due; what was put off is done now. */
void heap_settle(int64_t now_ns);

#endif
