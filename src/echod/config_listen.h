/* config_listen.h - the addresses in `listen`. */
#ifndef ECHOD_ECHOD_CONFIG_LISTEN_H
#define ECHOD_ECHOD_CONFIG_LISTEN_H

#include "echod/config.h"

/*
 * Read all that addr_parse() reads, and "*:8000"; the same after "udp:"; and
 * "unix:" with an absolute path.  *ret points into the text.  Returns NULL, or
 * what is wrong with the text, to be put after it: "is not an address".
 */
const char *config_listen_parse(struct config_listen *ret, char *text);

/* Add an address.  Returns as above. */
const char *config_listen_add(struct config *c, const char *text);

/* Back to none. */
void config_listen_drop(struct config *c);

#endif
