#include "echod/config_token.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS	   "0123456789"
#define HEX_DIGITS DIGITS "abcdefABCDEF"
#define WORD	   DIGITS "+-.*_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static size_t
write_string(FILE *out, const char *at, const char **wrong)
{
	const char *p = at + 1;

	while (*p != '"' && *p != '\0')
		p += *p == '\\' && p[1] != '\0' ? 2 : 1;
	fwrite(at, 1, (size_t)(p - at), out);
	fputc('"', out);
	if (*p == '\0')
		*wrong = "this string has no end";
	return (size_t)(p - at) + (*p == '"');
}

static size_t
write_comment(FILE *out, const char *at, const char **wrong)
{
	const char *end = strstr(at + 2, "*/");
	size_t len = end == NULL ? strlen(at) : (size_t)(end - at);

	fwrite(at, 1, len, out);
	fputs("*/", out);
	if (end == NULL)
		*wrong = "this comment has no end";
	return len + (end == NULL ? 0 : 2);
}

/* The base of an integer as libconfig knows them without a suffix; 0: it is none. */
static int
integer_base(const char *word, size_t len)
{
	size_t sign = *word == '+' || *word == '-';

	if (len > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X'))
		return strspn(word + 2, HEX_DIGITS) == len - 2 ? 16 : 0;
	return len > sign && strspn(word + sign, DIGITS) == len - sign ? 10 : 0;
}

/* A name, true or false, or a number. */
static size_t
write_word(FILE *out, const char *at)
{
	size_t len = strspn(at, WORD);
	int base = integer_base(at, len);
	long long value = base == 0 ? 0 : strtoll(at, NULL, base); /* or the nearest */
	bool wide = value < INT_MIN || value > INT_MAX;

	if (base == 0)
		fwrite(at, 1, len, out);
	else
		fprintf(out, "%lld%s", value, wide ? "L" : "");
	return len;
}

size_t
config_token_write(FILE *out, const char *at, const char **wrong)
{
	if (*at == '"')
		return write_string(out, at, wrong);
	if (at[0] == '/' && at[1] == '*')
		return write_comment(out, at, wrong);
	if (strchr(WORD, *at) != NULL)
		return write_word(out, at);
	if (*at == '#' || (at[0] == '/' && at[1] == '/'))
		return strcspn(at, "\n");
	fputc(*at, out);
	return 1;
}
