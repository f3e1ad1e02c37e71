/*
 * command_line.h - any bytes as a command line, for a parser that ends in exit(3)
 * when it does not like them.
 *
 * The linker puts these in the place of argp_parse(3), argp_error(3),
 * argp_state_help(3) and exit(3): what would end the process ends the parsing.
 */
#ifndef ECHOD_TESTS_FUZZ_COMMAND_LINE_H
#define ECHOD_TESTS_FUZZ_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct command_line {
	int argc;
	char **argv; /* the program's name, then the input, cut at each NUL */
	char *text;
};

void command_line_open(struct command_line *ret, char *program, const uint8_t *data,
    size_t size);
void command_line_close(struct command_line *l);

/* Has the last argp_parse() come to its end?  Else the process would have ended. */
bool command_line_accepted(void);

#endif
