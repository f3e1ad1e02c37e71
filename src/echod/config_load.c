#include "echod/config.h"

#include <errno.h>
#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

#include "echod/config_keys.h"
#include "echod/config_listen.h"
#include "echod/config_text.h"
#include "loop/poller.h"

#define NAME_ROOM 128 /* longer than any name there is */

/* A file being checked, and what it has come to so far. */
struct load {
	struct config_text text;
	struct config config;
};

#define complain(l, setting, ...)                                                      \
	config_text_complain(&(l)->text, (int)config_setting_source_line(setting),     \
	    __VA_ARGS__)

/* What later versions will have. */
static const char *const not_yet[] = { "access", "limits.accepts_per_second" };

static const char *const type_names[] = {
	[CONFIG_TYPE_NONE] = "nothing",
	[CONFIG_TYPE_GROUP] = "a group",
	[CONFIG_TYPE_INT] = "an integer",
	[CONFIG_TYPE_INT64] = "an integer",
	[CONFIG_TYPE_FLOAT] = "a decimal number",
	[CONFIG_TYPE_STRING] = "a string",
	[CONFIG_TYPE_BOOL] = "true or false",
	[CONFIG_TYPE_ARRAY] = "an array",
	[CONFIG_TYPE_LIST] = "a list",
};

/* ---- one key ---- */

static void
wrong_type(struct load *l, const char *name, const config_setting_t *s,
    const char *wanted)
{
	complain(l, s, "%s must be %s, not %s", name, wanted, type_names[s->type]);
}

/* Either kind of integer, whatever its size. */
static bool
is_integer(const config_setting_t *s)
{
	return s->type == CONFIG_TYPE_INT || s->type == CONFIG_TYPE_INT64;
}

static long long
get_integer(const config_setting_t *s)
{
	return s->type == CONFIG_TYPE_INT ? config_setting_get_int(s)
					  : config_setting_get_int64(s);
}

static void
load_integer(struct load *l, const struct config_key *key, const config_setting_t *s)
{
	long long value;

	if (!is_integer(s)) {
		wrong_type(l, key->name, s, "an integer");
		return;
	}
	value = get_integer(s);
	if (value < key->min || value > key->max)
		complain(l, s, "%s must be from %lld to %lld, not %lld", key->name,
		    (long long)key->min, (long long)key->max, value);
	else
		config_key_set(key, &l->config, value);
}

static void
load_seconds(struct load *l, const struct config_key *key, const config_setting_t *s)
{
	double min = (double)key->min / 1e9, max = (double)key->max / 1e9, value;
	int64_t ns;

	if (!is_integer(s) && s->type != CONFIG_TYPE_FLOAT) {
		wrong_type(l, key->name, s, "a number of seconds");
		return;
	}
	value = is_integer(s) ? (double)get_integer(s) : config_setting_get_float(s);
	if (!(value >= min && value <= max)) {
		complain(l, s, "%s must be from %.0f to %.0f seconds, not %.12g",
		    key->name, min, max, value);
		return;
	}
	ns = (int64_t)(value * 1e9 + 0.5);
	if (ns == 0 && value > 0)
		ns = 1; /* 0 may mean never, which is far from very soon */
	config_key_set(key, &l->config, ns);
}

static void
load_bool(struct load *l, const struct config_key *key, const config_setting_t *s)
{
	if (s->type != CONFIG_TYPE_BOOL)
		wrong_type(l, key->name, s, "true or false");
	else
		config_key_set(key, &l->config, config_setting_get_bool(s));
}

/* libconfig may keep an empty string as NULL. */
static const char *
get_string(const config_setting_t *s)
{
	const char *string = config_setting_get_string(s);

	return string == NULL ? "" : string;
}

/* "auto", "select" or "epoll" */
static void
format_words(char *buf, size_t size, const char *const *words)
{
	size_t len = 0;

	for (int i = 0; words[i] != NULL && len < size; i++) {
		const char *before = i == 0 ? "" : words[i + 1] == NULL ? " or " : ", ";

		len += (size_t)snprintf(buf + len, size - len, "%s\"%s\"", before,
		    words[i]);
	}
}

static void
load_word(struct load *l, const struct config_key *key, const config_setting_t *s)
{
	const char *word = get_string(s);
	char wanted[NAME_ROOM];
	int i = 0;

	format_words(wanted, sizeof(wanted), key->words);
	if (s->type != CONFIG_TYPE_STRING) {
		wrong_type(l, key->name, s, wanted);
		return;
	}
	while (key->words[i] != NULL && strcmp(key->words[i], word) != 0)
		i++;
	if (key->words[i] == NULL)
		complain(l, s, "%s must be %s, not \"%s\"", key->name, wanted, word);
	else if (key->type == CONFIG_WORD && poller_find(word) == NULL)
		complain(l, s, "%s: this echod is built without %s", key->name, word);
	else
		config_key_set(key, &l->config, i);
}

typedef void load_key(struct load *, const struct config_key *,
    const config_setting_t *);

static load_key *const load_by_type[] = {
	[CONFIG_INTEGER] = load_integer,
	[CONFIG_SECONDS] = load_seconds,
	[CONFIG_BOOL] = load_bool,
	[CONFIG_CHOICE] = load_word,
	[CONFIG_WORD] = load_word,
};

/* ---- listen ---- */

static void
load_listen(struct load *l, const config_setting_t *s)
{
	int line = (int)config_setting_source_line(s), n = config_setting_length(s);

	if (!config_setting_is_list(s) && !config_setting_is_array(s)) {
		wrong_type(l, "listen", s, "a list of addresses");
		return;
	}
	if (n == 0)
		complain(l, s, "listen must have an address");
	for (int i = 0; i < n; i++) {
		const config_setting_t *e = config_setting_get_elem(s, (unsigned)i);
		const char *wrong;

		if (e->type != CONFIG_TYPE_STRING) {
			wrong_type(l, "an address in listen", e, "a string");
			continue;
		}
		line = config_text_find(&l->text, get_string(e), line,
		    (int)config_setting_source_line(e));
		wrong = config_listen_add(&l->config, get_string(e));
		if (wrong != NULL)
			config_text_complain(&l->text, line, "listen: \"%s\" %s",
			    get_string(e), wrong);
	}
}

/* ---- the file ---- */

static bool
is_not_yet(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(not_yet); i++)
		if (strcmp(not_yet[i], name) == 0)
			return true;
	return false;
}

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
load_group(struct load *l, const config_setting_t *group, const char *prefix)
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
			load_by_type[key->type](l, key, s);
		} else if (strcmp(name, "listen") == 0) {
			load_listen(l, s);
		} else if (is_group(name) && config_setting_is_group(s)) {
			snprintf(name, sizeof(name), "%s%s.", prefix,
			    config_setting_name(s));
			load_group(l, s, name);
		} else if (is_group(name)) {
			wrong_type(l, name, s, "a group");
		} else if (is_not_yet(name)) {
			complain(l, s, "%s is not supported by this version of echod",
			    name);
		} else {
			complain(l, s, "unknown %s '%s'",
			    config_setting_is_group(s) ? "group" : "key", name);
		}
	}
}

static void
check_port_or_listen(struct load *l, const config_setting_t *root)
{
	const config_setting_t *port = config_setting_get_member(root, "port");
	const config_setting_t *listen = config_setting_get_member(root, "listen");

	if (port != NULL && listen != NULL)
		complain(l, port->line > listen->line ? port : listen,
		    "there may be `port` or `listen`, not both");
}

static void
load_text(struct load *l)
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
	struct load l = { 0 };
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
