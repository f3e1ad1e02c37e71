#include "echod/config.h"

#include <errno.h>
#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

#include "echod/config_keys.h"
#include "echod/config_text.h"
#include "echod/config_value.h"

#define NAME_ROOM 128 /* longer than any name there is */

static bool
is_group(const char *name)
{
	size_t len = strlen(name);

	for (const struct config_key *key = config_keys; key->name != NULL; key++)
		if (strncmp(key->name, name, len) == 0 && key->name[len] == '.')
			return true;
	return false;
}

/* prefix is "" or "limits." */
static void
load_group(struct config_load *l, const config_setting_t *group, const char *prefix)
{
	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
		const struct config_key *key;
		char name[NAME_ROOM];

		snprintf(name, sizeof(name), "%s%s", prefix, config_setting_name(s));
		key = config_key_find(name);
		if (s->type == CONFIG_TYPE_NONE)
			continue; /* where the grammar was broken */
		if (key != NULL) {
			config_value_load(l, key, s);
		} else if (strcmp(name, "listen") == 0) {
			config_value_load_listen(l, s);
		} else if (is_group(name) && config_setting_is_group(s)) {
			snprintf(name, sizeof(name), "%s%s.", prefix,
			    config_setting_name(s));
			load_group(l, s, name);
		} else if (is_group(name)) {
			config_value_wrong_type(l, name, s, "a group");
		} else {
			config_value_complain(l, s, "unknown %s '%s'",
			    config_setting_is_group(s) ? "group" : "key", name);
		}
	}
}

static void
check_port_or_listen(struct config_load *l, const config_setting_t *root)
{
	const config_setting_t *port = config_setting_get_member(root, "port");
	const config_setting_t *listen = config_setting_get_member(root, "listen");

	if (port != NULL && listen != NULL)
		config_value_complain(l, port->line > listen->line ? port : listen,
		    "there may be `port` or `listen`, not both");
}

static void
load_text(struct config_load *l)
{
	config_t tree;
	int well_formed;

	config_init(&tree);
	well_formed = config_read_string(&tree, l->text.text);
	load_group(l, config_root_setting(&tree), "");
	check_port_or_listen(l, config_root_setting(&tree));
	if (!well_formed)
		config_text_complain(&l->text, config_error_line(&tree), "%s",
		    config_error_text(&tree));
	config_destroy(&tree);
}

int
config_load(struct config *ret, const char *path, config_complaint *complain_to,
    void *arg)
{
	struct config_load l = { 0 };
	char text[512];
	int r;

	config_defaults(&l.config);
	r = config_text_read(&l.text, path, complain_to, arg);
	if (r < 0) {
		snprintf(text, sizeof(text), "%s: %s", path, strerror(-r));
		complain_to(text, arg);
	} else {
		load_text(&l);
		r = l.text.errors == 0 ? 0 : -EINVAL;
	}
	config_text_release(&l.text);
	if (r < 0)
		config_release(&l.config);
	else
		*ret = l.config;
	return r;
}
