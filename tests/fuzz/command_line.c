#include "fuzz/command_line.h"

#include <argp.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include "base/util.h"
#include "fuzz/fuzz.h"

error_t __wrap_argp_parse(const struct argp *argp, int argc, char **argv,
    unsigned flags, int *index, void *input);
error_t __real_argp_parse(const struct argp *argp, int argc, char **argv,
    unsigned flags, int *index, void *input);
void __wrap_argp_error(const struct argp_state *state, const char *format, ...)
    PRINTF_LIKE(2, 3);
void __wrap_argp_state_help(const struct argp_state *state, FILE *out, unsigned flags);
void __wrap_exit(int status);
_Noreturn void __real_exit(int status);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static argp_parser_t parser; /* what options.c has for argp; NULL: argp does not run */
static jmp_buf out;	     /* of it */
static bool refused;

/* --version writes to standard output. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	REQUIRE(freopen("/dev/null", "w", stdout) != NULL);
	return 0;
}

/* ---- the line ---- */

void
command_line_open(struct command_line *ret, char *program, const uint8_t *data,
    size_t size)
{
	char *text = fuzz_string(data, size), *end = text + size;

	*ret = (struct command_line){ .text = text };
	ret->argv = calloc(size + 3, sizeof(*ret->argv));
	REQUIRE(ret->argv != NULL);
	ret->argv[ret->argc++] = program;
	for (char *word = text; word < end; word += strlen(word) + 1)
		ret->argv[ret->argc++] = word;
}

void
command_line_close(struct command_line *l)
{
	free(l->argv);
	free(l->text);
}

bool
command_line_accepted(void)
{
	return !refused;
}

/* ---- in the place of argp's ---- */

/* Back to argp, not past it: it has memory to give back. */
static error_t
parse_option(int key, char *arg, struct argp_state *state)
{
	if (setjmp(out) != 0)
		return ECANCELED;
	return parser(key, arg, state);
}

error_t
__wrap_argp_parse(const struct argp *argp, int argc, char **argv, unsigned flags,
    int *index, void *input)
{
	struct argp watched = *argp;
	error_t r;

	parser = argp->parser;
	watched.parser = parse_option;
	r = __real_argp_parse(&watched, argc, argv, flags | ARGP_NO_EXIT | ARGP_NO_ERRS,
	    index, input);
	parser = NULL;
	refused = r != 0;
	return r;
}

void
__wrap_argp_error(const struct argp_state *state, const char *format, ...)
{
	char text[1000];
	va_list args;

	(void)state;
	va_start(args, format);
	REQUIRE(vsnprintf(text, sizeof(text), format, args) > 0);
	va_end(args);
	longjmp(out, 1);
}

void
__wrap_argp_state_help(const struct argp_state *state, FILE *to, unsigned flags)
{
	(void)state, (void)to, (void)flags;
	longjmp(out, 1);
}

void
__wrap_exit(int status)
{
	if (parser == NULL)
		__real_exit(status); /* the fuzzer's own */
	longjmp(out, 1);
}
