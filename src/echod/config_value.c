#include "echod/config_value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "echod/config_listen.h"
#include "loop/poller.h"
#include "net/cidr.h"

#define WORDS_ROOM 128 /* longer than any list of words[] */

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

void
config_value_wrong_type(struct config_load *l, const char *name,
    const config_setting_t *s, const char *wanted)
{
	config_value_complain(l, s, "%s must be %s, not %s", name, wanted,
	    type_names[s->type]);
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
load_integer(struct config_load *l, const struct config_key *key,
    const config_setting_t *s)
{
	long long value;

	if (!is_integer(s)) {
		config_value_wrong_type(l, key->name, s, "an integer");
		return;
	}
	value = get_integer(s);
	if (value < key->min || value > key->max)
		config_value_complain(l, s, "%s must be from %lld to %lld, not %lld",
		    key->name, (long long)key->min, (long long)key->max, value);
	else
		config_key_set(key, &l->config, value);
}

static void
load_seconds(struct config_load *l, const struct config_key *key,
    const config_setting_t *s)
{
	double min = (double)key->min / 1e9, max = (double)key->max / 1e9, value;
	int64_t ns;

	if (!is_integer(s) && s->type != CONFIG_TYPE_FLOAT) {
		config_value_wrong_type(l, key->name, s, "a number of seconds");
		return;
	}
	value = is_integer(s) ? (double)get_integer(s) : config_setting_get_float(s);
	if (!(value >= min && value <= max)) {
		config_value_complain(l, s,
		    "%s must be from %.0f to %.0f seconds, not %.12g", key->name, min,
		    max, value);
		return;
	}
	ns = (int64_t)(value * 1e9 + 0.5);
	if (ns == 0 && value > 0)
		ns = 1; /* 0 may mean never, which is far from very soon */
	config_key_set(key, &l->config, ns);
}

static void
load_bool(struct config_load *l, const struct config_key *key,
    const config_setting_t *s)
{
	if (s->type != CONFIG_TYPE_BOOL)
		config_value_wrong_type(l, key->name, s, "true or false");
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
load_word(struct config_load *l, const struct config_key *key,
    const config_setting_t *s)
{
	const char *word = get_string(s);
	char wanted[WORDS_ROOM];
	int i = 0;

	format_words(wanted, sizeof(wanted), key->words);
	if (s->type != CONFIG_TYPE_STRING) {
		config_value_wrong_type(l, key->name, s, wanted);
		return;
	}
	while (key->words[i] != NULL && strcmp(key->words[i], word) != 0)
		i++;
	if (key->words[i] == NULL)
		config_value_complain(l, s, "%s must be %s, not \"%s\"", key->name,
		    wanted, word);
	else if (key->type == CONFIG_WORD && poller_find(word) == NULL)
		config_value_complain(l, s, "%s: this echod is built without %s",
		    key->name, word);
	else
		config_key_set(key, &l->config, i);
}

/* "0666": libconfig has no octal numbers. */
static void
load_mode(struct config_load *l, const struct config_key *key,
    const config_setting_t *s)
{
	const char *text;
	size_t digits;

	if (s->type != CONFIG_TYPE_STRING) {
		config_value_wrong_type(l, key->name, s, "a string such as \"0666\"");
		return;
	}
	text = get_string(s);
	digits = strspn(text, "01234567");
	if (digits < 3 || digits > 4 || text[digits] != '\0' ||
	    strtol(text, NULL, 8) > key->max)
		config_value_complain(l, s,
		    "%s must be octal digits from \"0000\" to \"0777\", not \"%s\"",
		    key->name, text);
	else
		config_key_set(key, &l->config, strtol(text, NULL, 8));
}

/* ---- lists of strings ---- */

/* Returns NULL, or what is wrong with the string, to be put after it. */
typedef const char *add_string(void *to, const char *string);

static void
complain_of_string(struct config_load *l, const config_setting_t *list,
    const config_setting_t *e, const char *name, const char *wrong)
{
	int line = config_text_find(&l->text, get_string(e),
	    (int)config_setting_source_line(list), (int)config_setting_source_line(e));

	config_text_complain(&l->text, line, "%s: \"%s\" %s", name, get_string(e),
	    wrong);
}

/* all: what it should be, "a list of addresses" */
static void
load_strings(struct config_load *l, const config_setting_t *s, const char *name,
    const char *all, add_string *add, void *to)
{
	int n = config_setting_length(s);

	if (!config_setting_is_list(s) && !config_setting_is_array(s)) {
		config_value_wrong_type(l, name, s, all);
		return;
	}
	for (int i = 0; i < n; i++) {
		const config_setting_t *e = config_setting_get_elem(s, (unsigned)i);
		const char *wrong;

		if (e->type != CONFIG_TYPE_STRING) {
			config_value_complain(l, e,
			    "an address in %s must be %s, not %s", name, "a string",
			    type_names[e->type]);
			continue;
		}
		wrong = add(to, get_string(e));
		if (wrong != NULL)
			complain_of_string(l, s, e, name, wrong);
	}
}

static const char *
add_network(void *list, const char *text)
{
	struct cidr c;

	if (cidr_parse(&c, text) < 0)
		return "is not an address or a prefix such as \"192.0.2.0/24\" or "
		       "\"2001:db8::/32\"";
	return cidr_list_add(list, &c) < 0 ? strerror(ENOMEM) : NULL;
}

static void
load_networks(struct config_load *l, const struct config_key *key,
    const config_setting_t *s)
{
	load_strings(l, s, key->name, "a list of addresses and prefixes", add_network,
	    config_key_edit_networks(key, &l->config));
}

static const char *
add_listen(void *config, const char *text)
{
	return config_listen_add(config, text);
}

void
config_value_load_listen(struct config_load *l, const config_setting_t *s)
{
	if (config_setting_is_aggregate(s) && config_setting_length(s) == 0)
		config_value_complain(l, s, "listen must have an address");
	load_strings(l, s, "listen", "a list of addresses", add_listen, &l->config);
}

/* ---- all of them ---- */

typedef void load_key(struct config_load *, const struct config_key *,
    const config_setting_t *);

static load_key *const load_by_type[] = {
	[CONFIG_INTEGER] = load_integer,
	[CONFIG_SECONDS] = load_seconds,
	[CONFIG_BOOL] = load_bool,
	[CONFIG_CHOICE] = load_word,
	[CONFIG_WORD] = load_word,
	[CONFIG_MODE] = load_mode,
	[CONFIG_NETWORKS] = load_networks,
};

void
config_value_load(struct config_load *l, const struct config_key *key,
    const config_setting_t *s)
{
	load_by_type[key->type](l, key, s);
}
