/* memory.h - counts the memory of the server, and has it run out at times. */
#ifndef ECHOD_TESTS_SIM_MEMORY_H
#define ECHOD_TESTS_SIM_MEMORY_H

#include <stddef.h>

void memory_begin(void);

/* Pieces that were allocated and not yet freed. */
size_t memory_pieces(void);

#endif
