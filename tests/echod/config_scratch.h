/* config_scratch.h - configuration files in a folder of their own, and what is said of them. */
#ifndef ECHOD_TESTS_CONFIG_SCRATCH_H
#define ECHOD_TESTS_CONFIG_SCRATCH_H

#include "echod/config.h"

/* A fixture: each test runs in a new folder, and in the end it is gone. */
void scratch_enter(void);
void scratch_leave(void);

void scratch_write(const char *name, const char *text);

extern struct config got; /* what the last load came to, if it returned 0 */
extern char said[16384];  /* its complaints, a line each */

/* Load a file, or a file "t" with that text. */
int load_file(const char *path);
int load(const char *text);

/* The text loads without a word, or fails with just these complaints. */
void assert_right(const char *text);
void assert_wrong(const char *text, const char *complaints);

#endif
