/* captured.h - standard error as a pipe, for tests of what is logged. */
#ifndef ECHOD_TESTS_CAPTURED_H
#define ECHOD_TESTS_CAPTURED_H

#include <stdbool.h>

/* From now on standard error is fd, which is closed. */
void stderr_becomes(int fd);

/* From now on standard error is a new pipe; returns the end to read. */
int stderr_becomes_pipe(void);

/* All there is to read now, up to 64 KiB, as a string good until the next call. */
const char *captured(int fd);

/* Does the text match the POSIX extended expression? */
bool matches(const char *text, const char *regex);

#endif
