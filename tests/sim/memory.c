#include "sim/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/faults.h"
#include "sim/net.h"
#include "sim/world.h"
#include "sim/wraps.h"

#define PIECES_MAX 1024

/* What is freed is made useless, so that nobody gets away with using it. */
#define GARBAGE 0xdb
#define SPOILT	16384

static struct {
	void *at[PIECES_MAX];
	size_t size[PIECES_MAX];
	size_t n;
} pieces;

void
memory_begin(void)
{
	pieces.n = 0;
}

size_t
memory_pieces(void)
{
	return pieces.n;
}

/* Whose fault it is: what may end for want of memory now. */
static bool
runs_out(void)
{
	if (fault_errno(CALL_ALLOCATE) == 0)
		return false;
	trace("  (no memory)");
	if (net.touched != NULL)
		net.touched->excused_turn = world.turn;
	for (int i = 0; i < nconns; i++)
		if (!conns[i].reading)
			conns[i].excused_turn = world.turn;
	net_excuse(-1);
	errno = ENOMEM;
	return true;
}

static void *
note(void *p, size_t size)
{
	require(pieces.n < PIECES_MAX, "it has %zu pieces of memory", pieces.n);
	pieces.at[pieces.n] = p;
	pieces.size[pieces.n++] = size;
	return p;
}

/* Forget a piece.  Returns its size; 0: it is none of ours. */
static size_t
forget(const void *p)
{
	size_t i = pieces.n, size;

	while (i > 0 && pieces.at[i - 1] != p)
		i--;
	if (i == 0)
		return 0;
	size = pieces.size[--i];
	pieces.n--;
	pieces.at[i] = pieces.at[pieces.n];
	pieces.size[i] = pieces.size[pieces.n];
	return size;
}

/* Of large pieces the beginning will do. */
static void
spoil(void *p, size_t size)
{
	memset(p, GARBAGE, size < SPOILT ? size : SPOILT);
}

void *
__wrap_malloc(size_t size)
{
	void *p;

	if (runs_out())
		return NULL;
	p = __real_malloc(size);
	spoil(p, size);
	return note(p, size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return runs_out() ? NULL : note(__real_calloc(n, size), n * size);
}

/* Always to another place. */
void *
__wrap_realloc(void *old, size_t size)
{
	void *p = __wrap_malloc(size);
	size_t had;

	if (p == NULL || old == NULL)
		return p;
	had = forget(old);
	require(had > 0, "realloc of what is not allocated");
	memcpy(p, old, had < size ? had : size);
	spoil(old, had);
	__real_free(old);
	return p;
}

void *
__wrap_reallocarray(void *old, size_t n, size_t size)
{
	return __wrap_realloc(old, n * size);
}

void
__wrap_free(void *p)
{
	size_t size = p != NULL ? forget(p) : 0;

	require(p == NULL || size > 0, "free of what is not allocated");
	if (p != NULL)
		spoil(p, size);
	__real_free(p);
}

char *
__wrap_strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = __wrap_malloc(size);

	return copy != NULL ? memcpy(copy, text, size) : NULL;
}

/* What asprintf(3) allocated becomes a piece of ours. */
PRINTF_LIKE(2, 0)
static int
print_to_piece(char **ret, const char *format, va_list args)
{
	int n;

	if (runs_out())
		return -1;
	n = vasprintf(ret, format, args);
	note(*ret, (size_t)n + 1);
	return n;
}

int
__wrap_asprintf(char **ret, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = print_to_piece(ret, format, args);
	va_end(args);
	return n;
}

/* The same under _FORTIFY_SOURCE. */
int
__wrap___asprintf_chk(char **ret, int flag, const char *format, ...)
{
	va_list args;
	int n;

	(void)flag;
	va_start(args, format);
	n = print_to_piece(ret, format, args);
	va_end(args);
	return n;
}

FILE *
__wrap_fmemopen(void *buf, size_t size, const char *mode)
{
	return runs_out() ? NULL : __real_fmemopen(buf, size, mode);
}

void *
__wrap_tsearch(const void *key, void **root, int (*compare)(const void *, const void *))
{
	return runs_out() ? NULL : __real_tsearch(key, root, compare);
}
