/* config_value.h - from a setting of the file to a value of struct config. */
#ifndef ECHOD_ECHOD_CONFIG_VALUE_H
#define ECHOD_ECHOD_CONFIG_VALUE_H

#include <libconfig.h>

#include "echod/config.h"
#include "echod/config_keys.h"
#include "echod/config_text.h"

/* A file being checked, and what it has come to so far. */
struct config_load {
	struct config_text text;
	struct config config;
};

#define config_value_complain(l, setting, ...)                                         \
	config_text_complain(&(l)->text, (int)config_setting_source_line(setting),     \
	    __VA_ARGS__)

/* "NAME must be WANTED, not a list" */
void config_value_wrong_type(struct config_load *l, const char *name,
    const config_setting_t *s, const char *wanted);

/* Read the value of a key, or complain. */
void config_value_load(struct config_load *l, const struct config_key *key,
    const config_setting_t *s);

/* The same for `listen`. */
void config_value_load_listen(struct config_load *l, const config_setting_t *s);

#endif
