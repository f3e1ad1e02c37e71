/* config_token.h - strings, comments, words of echod.conf, made safe for libconfig. */
#ifndef ECHOD_ECHOD_CONFIG_TOKEN_H
#define ECHOD_ECHOD_CONFIG_TOKEN_H

#include <stddef.h>
#include <stdio.h>

/*
 * Write the token that begins at `at`, which is not the end of the text, to out.
 * An integer becomes a decimal without leading zeros, which libconfig 1.7 would take
 * for octal, and one of more than 32 bits gets the suffix L.  A comment to the end of
 * the line is left out: libconfig 1.5 does not bear one at the end of a file.  Of a
 * string or another comment that has no end, one is made up, and *wrong is set to what
 * to say about it.  Returns the length of the token in the text.
 */
size_t config_token_write(FILE *out, const char *at, const char **wrong);

#endif
