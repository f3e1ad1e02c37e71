/* config_listen.h - the addresses in `listen`. */
#ifndef ECHOD_ECHOD_CONFIG_LISTEN_H
#define ECHOD_ECHOD_CONFIG_LISTEN_H

#include "echod/config.h"

/*
 * Add an address: all that addr_parse() reads, and "*:8000".  Returns NULL, or
 * what is wrong with it, to be put after it: "is not an address".
 */
const char *config_listen_add(struct config *c, const char *text);

/* Back to none. */
void config_listen_drop(struct config *c);

#endif
