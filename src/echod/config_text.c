#include "echod/config_text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "echod/config_token.h"

#define BLANKS "\t "
#define PIECE  8192 /* of a file, read at once */

/* The whole text as it grows. */
struct writer {
	struct config_text *t;
	FILE *out;
	int whole_line; /* the one being written */
};

/* Grows the text.  open_memstream(3) would not say that memory ran out. */
static ssize_t
append(void *arg, const char *piece, size_t size)
{
	struct config_text *t = arg;
	char *text = realloc(t->text, t->len + size + 1);

	if (text == NULL)
		return 0;
	memcpy(text + t->len, piece, size);
	t->text = text;
	t->len += size;
	text[t->len] = '\0';
	return (ssize_t)size;
}

/* ---- where lines came from ---- */

/* The next line of the whole text is that line of that file. */
static void
begin_origin(struct writer *w, const char *file, int line)
{
	fputc('\n', w->out);
	w->t->origins[w->t->norigins++] = (struct config_origin){
		.whole_line = ++w->whole_line,
		.file = file,
		.line = line,
	};
}

static const struct config_origin *
origin_of(const struct config_text *t, int whole_line)
{
	const struct config_origin *o = &t->origins[t->norigins - 1];

	while (o > t->origins && o->whole_line > whole_line)
		o--;
	return o;
}

static int
line_in_file(const struct config_origin *o, int whole_line)
{
	return whole_line - o->whole_line + o->line;
}

void
config_text_complain(struct config_text *t, int whole_line, const char *format, ...)
{
	const struct config_origin *o = origin_of(t, whole_line);
	char what[512], text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(text, sizeof(text), "%s:%d: %s", o->file, line_in_file(o, whole_line),
	    what);
	t->complain(text, t->arg);
	t->errors++;
}

int
config_text_find(const struct config_text *t, const char *string, int first, int last)
{
	size_t len = strlen(string);
	int line = 1, found = last;

	for (const char *p = t->text; *p != '\0' && line <= last; p++) {
		if (*p == '\n')
			line++;
		else if (line >= first && *p == '"' &&
		    strncmp(p + 1, string, len) == 0 && p[len + 1] == '"')
			found = line;
	}
	return found;
}

/* ---- files ---- */

/*
 * All that comes, NUL-terminated, into *text, which is to be freed on failure too.
 * It grows with the file: room for the largest one at once would teach malloc(3) to
 * keep all large blocks in one heap, where those to be zeroed are touched.  Returns
 * its length or -errno.
 */
static ssize_t
read_all(char **text, FILE *in)
{
	size_t len = 0, got;

	do {
		char *longer = realloc(*text, len + PIECE + 1);

		if (longer == NULL)
			return -ENOMEM;
		*text = longer;
		got = fread(*text + len, 1, PIECE, in);
		if (ferror(in))
			return -errno;
		len += got;
		if (len > CONFIG_MAX_BYTES)
			return -EFBIG;
	} while (got == PIECE);
	(*text)[len] = '\0';
	return (ssize_t)len;
}

/*
 * It tells its text but once, as `-c <(command)` does: when it is read again at a
 * reload, its silence must not pass for the defaults.
 */
static bool
is_pipe(FILE *in)
{
	struct stat st = { 0 };

	fstat(fileno(in), &st);
	return S_ISFIFO(st.st_mode);
}

/* The same of the file at path; *ret is untouched on failure. */
static ssize_t
read_whole(char **ret, const char *path)
{
	FILE *in = fopen(path, "re");
	char *text = NULL;
	ssize_t len;

	if (in == NULL)
		return -errno;
	len = read_all(&text, in);
	if (len == 0 && is_pipe(in))
		len = -ENODATA;
	fclose(in);
	if (len < 0)
		free(text);
	else
		*ret = text;
	return len;
}

static void
copy_token(struct writer *w, const char **at)
{
	const char *wrong = NULL, *end = *at + config_token_write(w->out, *at, &wrong);

	if (wrong != NULL)
		config_text_complain(w->t, w->whole_line, "%s", wrong);
	for (; *at < end; ++*at)
		w->whole_line += **at == '\n';
}

static void copy_text(struct writer *w, const char *file, const char *text);

/* Takes path over, which may be NULL.  Returns 0 or -errno. */
static int
copy_file(struct writer *w, char *path)
{
	char *text = NULL;
	ssize_t len = path == NULL ? -ENOMEM : read_whole(&text, path);

	if (text == NULL) {
		free(path);
		return (int)len;
	}
	w->t->files[w->t->nfiles++] = path;
	begin_origin(w, path, 1);
	copy_text(w, path, text);
	if (strlen(text) < (size_t)len)
		config_text_complain(w->t, w->whole_line, "a NUL byte in the text");
	free(text);
	return 0;
}

/* `name` as seen from the folder of file. */
static char *
path_beside(const char *file, const char *name, int len)
{
	const char *slash = strrchr(file, '/');
	int folder = slash == NULL || *name == '/' ? 0 : (int)(slash + 1 - file);
	char *path;

	return asprintf(&path, "%.*s%.*s", folder, file, len, name) < 0 ? NULL : path;
}

/* The name in a line `@include "name"`, or NULL. */
static const char *
included_name(const char *line)
{
	static const char word[] = "@include";
	const char *p = line + strspn(line, BLANKS);
	size_t gap;

	if (strncmp(p, word, strlen(word)) != 0)
		return NULL;
	p += strlen(word);
	gap = strspn(p, BLANKS);
	p += gap;
	if (gap == 0 || *p++ != '"')
		return NULL;
	return p[strcspn(p, "\"\n")] == '"' ? p : NULL;
}

/* Returns what follows it in the line. */
static const char *
copy_included(struct writer *w, const char *file, const char *name)
{
	struct config_text *t = w->t;
	int here = w->whole_line, line = line_in_file(origin_of(t, here), here);
	int len = (int)strcspn(name, "\"");
	const char *rest = name + len + 1;
	int r = 0;

	if (t->nfiles == CONFIG_MAX_FILES)
		config_text_complain(t, here, "too many files: there may be %d",
		    CONFIG_MAX_FILES);
	else
		r = copy_file(w, path_beside(file, name, len));
	if (r < 0)
		config_text_complain(t, here, "cannot include '%.*s': %s", len, name,
		    strerror(-r));
	if (w->whole_line > here)
		begin_origin(w, file, line);

	rest += strspn(rest, BLANKS "\r");
	if (strchr("#/\n", *rest) == NULL) {
		config_text_complain(t, w->whole_line,
		    "only a comment may follow an @include");
		rest += strcspn(rest, "\n");
	}
	return rest;
}

static void
copy_text(struct writer *w, const char *file, const char *text)
{
	const char *at = text, *name;

	while (*at != '\0') {
		bool line_begins = at == text || at[-1] == '\n';

		name = line_begins ? included_name(at) : NULL;
		if (name != NULL)
			at = copy_included(w, file, name);
		else
			copy_token(w, &at);
	}
}

int
config_text_read(struct config_text *ret, const char *path, config_complaint *complain,
    void *arg)
{
	struct writer w = { .t = ret, .whole_line = 1 };
	int r;

	*ret = (struct config_text){ .complain = complain, .arg = arg };
	w.out = fopencookie(ret, "w", (cookie_io_functions_t){ .write = append });
	if (w.out == NULL)
		return -ENOMEM;
	r = copy_file(&w, strdup(path));
	fflush(w.out);
	if (ferror(w.out))
		r = -ENOMEM;
	fclose(w.out);
	return r;
}

void
config_text_release(struct config_text *t)
{
	for (int i = 0; i < t->nfiles; i++)
		free(t->files[i]);
	free(t->text);
}
