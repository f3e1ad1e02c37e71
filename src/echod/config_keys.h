/* config_keys.h - the table of all keys of echod.conf but `listen`. */
#ifndef ECHOD_ECHOD_CONFIG_KEYS_H
#define ECHOD_ECHOD_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/config.h"

/* How a key is written in the file, and kept in struct config. */
enum config_type {
	CONFIG_INTEGER,	 /* an integer;            int64_t */
	CONFIG_SECONDS,	 /* integer or decimal;    int64_t nanoseconds */
	CONFIG_BOOL,	 /* true, false;           bool */
	CONFIG_CHOICE,	 /* a string of words[];   int64_t, its index */
	CONFIG_WORD,	 /* a string of words[];   const char *, that word */
	CONFIG_MODE,	 /* a string, octal;       int64_t */
	CONFIG_NETWORKS, /* a list of strings;    struct cidr_list */
};

struct config_key {
	const char *name; /* dotted: "limits.max_connections" */
	enum config_type type;
	size_t offset;		  /* in struct config */
	int64_t initial;	  /* the default; of words[], the index */
	int64_t min, max;	  /* what is allowed, both included */
	const char *const *words; /* ends with NULL */
	bool restart;		  /* a new value takes a restart */
	const char *meaning;	  /* one line */
};

extern const struct config_key config_keys[]; /* ends with a NULL name */

/* The key of that dotted name, or NULL. */
const struct config_key *config_key_find(const char *name);

/*
 * Its value in c as a plain number: nanoseconds, 0 or 1, index of words[].  A list
 * has none: it is 0, and setting that does nothing.
 */
int64_t config_key_get(const struct config_key *key, const struct config *c);
void config_key_set(const struct config_key *key, struct config *c, int64_t value);

/* The list in c of a key that has one. */
const struct cidr_list *config_key_networks(const struct config_key *key,
    const struct config *c);
struct cidr_list *config_key_edit_networks(const struct config_key *key,
    struct config *c);

#endif
