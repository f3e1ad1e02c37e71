/*
 * config_text.h - echod.conf with all that it @includes, as one text that knows
 * where each of its lines came from.
 *
 * libconfig could read the files itself, but it gives no reason for one that it
 * cannot read, ends the whole process when one is a directory, and (1.5) cuts
 * an integer to 32 bits without a word.  Here files are opened with a reason,
 * and an integer that does not fit gets the suffix that makes it a 64-bit one,
 * so that the range check sees it as it was written.
 */
#ifndef ECHOD_ECHOD_CONFIG_TEXT_H
#define ECHOD_ECHOD_CONFIG_TEXT_H

#include "base/util.h"
#include "echod/config.h"

#define CONFIG_MAX_FILES 32	   /* each inclusion counts */
#define CONFIG_MAX_BYTES (1 << 20) /* of one file */

/* From here on, lines are those of that file. */
struct config_origin {
	int whole_line; /* of the text */
	const char *file;
	int line; /* of the file */
};

struct config_text {
	char *text;
	size_t len;
	config_complaint *complain;
	void *arg;
	int errors; /* complaints so far */

	char *files[CONFIG_MAX_FILES];
	int nfiles;
	/* Each file begins once, and goes on once after each that it includes. */
	struct config_origin origins[2 * CONFIG_MAX_FILES];
	int norigins;
};

/*
 * Read a file and what it includes.  Paths in @include are relative to the file
 * they stand in.  Returns 0, though there may have been complaints about
 * included files and the like, or -errno when the file itself cannot be read.
 * Release it in either case.
 */
int config_text_read(struct config_text *ret, const char *path,
    config_complaint *complain, void *arg);
void config_text_release(struct config_text *t);

/* Complain about a line of the whole text. */
void config_text_complain(struct config_text *t, int whole_line, const char *format,
    ...) PRINTF_LIKE(3, 4);

/*
 * The last line from first to last that has the string in quotes, or last if
 * there is none: libconfig gives an element of a list the line of what follows it.
 */
int config_text_find(const struct config_text *t, const char *string, int first,
    int last);

#endif
