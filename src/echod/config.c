#include "echod/config.h"

#include <inttypes.h>
#include <string.h>

#include "echod/config_keys.h"
#include "echod/config_listen.h"

#define NS_PER_S 1000000000

void
config_defaults(struct config *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (const struct config_key *key = config_keys; key->name != NULL; key++)
		config_key_set(key, ret, key->initial);
}

void
config_release(struct config *c)
{
	config_listen_drop(c);
	access_drop(&c->access);
}

void
config_set_port(struct config *c, int64_t port)
{
	config_listen_drop(c);
	c->port = port;
}

/* ---- the table, for others ---- */

void
config_each_restart_key(const struct config *was, const struct config *is,
    void (*changed)(const char *key, void *arg), void *arg)
{
	for (const struct config_key *key = config_keys; key->name != NULL; key++)
		if (key->restart && config_key_get(key, was) != config_key_get(key, is))
			changed(key->name, arg);
}

void
config_each_key(void (*visit)(const char *key, void *arg), void *arg)
{
	for (const struct config_key *key = config_keys; key->name != NULL; key++)
		visit(key->name, arg);
	visit("listen", arg);
}

/* ---- writing ---- */

/* Whole seconds as an integer, others with as many decimals as it takes. */
static void
format_seconds(char *buf, size_t size, int64_t ns)
{
	size_t len;

	snprintf(buf, size, "%" PRId64 ".%09" PRId64, ns / NS_PER_S, ns % NS_PER_S);
	len = strlen(buf);
	while (buf[len - 1] == '0')
		len--;
	if (buf[len - 1] == '.')
		len--;
	buf[len] = '\0';
}

static void
format_value(char *buf, size_t size, const struct config_key *key, int64_t value)
{
	switch (key->type) {
	case CONFIG_INTEGER:
		snprintf(buf, size, "%" PRId64, value);
		break;
	case CONFIG_SECONDS:
		format_seconds(buf, size, value);
		break;
	case CONFIG_BOOL:
		snprintf(buf, size, "%s", value != 0 ? "true" : "false");
		break;
	case CONFIG_CHOICE:
	case CONFIG_WORD:
		snprintf(buf, size, "\"%s\"", key->words[value]);
		break;
	case CONFIG_MODE:
		snprintf(buf, size, "\"%04" PRIo64 "\"", (uint64_t)value);
		break;
	case CONFIG_NETWORKS:
		break;
	}
}

/* A path may have anything in it. */
static void
dump_string(const char *text, FILE *out)
{
	fputc('"', out);
	for (const char *c = text; *c != '\0'; c++)
		if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else if ((unsigned char)*c < ' ')
			fprintf(out, "\\x%02x", (unsigned)*c);
		else
			fputc(*c, out);
	fputc('"', out);
}

static void
dump_listen(const struct config *c, FILE *out)
{
	fprintf(out, "listen = [");
	for (int i = 0; i < c->nlisten; i++) {
		fputs(i == 0 ? " " : ", ", out);
		dump_string(c->listen[i].text, out);
	}
	fprintf(out, " ];\n");
}

/* Of any length: the meaning goes above. */
static void
dump_networks(const struct config *c, const struct config_key *key, const char *name,
    FILE *out)
{
	const struct cidr_list *list = config_key_networks(key, c);
	char text[CIDR_TEXT];

	fprintf(out, "\t# %s\n\t%s = [", key->meaning, name);
	for (int i = 0; i < list->n; i++)
		fprintf(out, "%s \"%s\"", i == 0 ? "" : ",",
		    cidr_format(&list->all[i], text));
	fprintf(out, " ];\n");
}

static void
dump_key(const struct config *c, const struct config_key *key, FILE *out)
{
	const char *dot = strchr(key->name, '.');
	const char *name = dot == NULL ? key->name : dot + 1;
	char value[40], line[80];

	if (key->type == CONFIG_NETWORKS) {
		dump_networks(c, key, name, out);
		return;
	}
	format_value(value, sizeof(value), key, config_key_get(key, c));
	snprintf(line, sizeof(line), "%s = %s;", name, value);
	fprintf(out, "%s%-40s # %s\n", dot == NULL ? "" : "\t", line, key->meaning);
}

/* The length of "limits" in "limits.buffer_size"; 0 outside of the groups. */
static int
group_len(const struct config_key *key)
{
	const char *dot = strchr(key->name, '.');

	return dot == NULL ? 0 : (int)(dot - key->name);
}

static bool
same_group(const struct config_key *a, const struct config_key *b)
{
	int len = group_len(a);

	return len == group_len(b) && strncmp(a->name, b->name, (size_t)len) == 0;
}

void
config_dump(const struct config *c, FILE *out)
{
	const struct config_key *key = config_keys; /* `port`, which stands alone */

	if (c->nlisten > 0)
		dump_listen(c, out);
	else
		dump_key(c, key, out);

	for (key++; key->name != NULL; key++) {
		if (!same_group(key - 1, key))
			fprintf(out, "\n%.*s: {\n", group_len(key), key->name);
		dump_key(c, key, out);
		if (key[1].name == NULL || !same_group(key, key + 1))
			fprintf(out, "};\n");
	}
}
