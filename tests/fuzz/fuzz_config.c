/*
 * fuzz_config.c - any text as echod.conf.  What stands behind a first NUL is the
 * file "other", for @include.
 */
#include "fuzz/fuzz.h"

#include <ftw.h>
#include <unistd.h>

#include "echod/config.h"

static char folder[] = "/tmp/echod-fuzz-XXXXXX";

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static void
leave(void)
{
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
enter(void)
{
	REQUIRE(mkdtemp(folder) != NULL);
	REQUIRE(chdir(folder) == 0);
	atexit(leave);
}

static void
write_file(const char *name, const void *data, size_t size)
{
	FILE *out = fopen(name, "w");

	REQUIRE(out != NULL);
	fwrite(data, 1, size, out);
	REQUIRE(fclose(out) == 0);
}

static void
count(const char *text, void *arg)
{
	REQUIRE(text[0] != '\0');
	++*(int *)arg;
}

static void
dump(const struct config *c, char **ret, size_t *size)
{
	FILE *out = open_memstream(ret, size);

	REQUIRE(out != NULL);
	config_dump(c, out);
	REQUIRE(fclose(out) == 0);
}

/* What -T prints is a configuration, and the same one. */
static void
check_dump(const struct config *c)
{
	struct config again;
	char *text, *text_again;
	size_t size, size_again;
	int complaints = 0;

	dump(c, &text, &size);
	write_file("dumped", text, size);
	REQUIRE(config_load(&again, "dumped", count, &complaints) == 0);
	dump(&again, &text_again, &size_again);
	REQUIRE(strcmp(text, text_again) == 0);
	free(text);
	free(text_again);
	config_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, '\0', size) : NULL;
	size_t len = end != NULL ? (size_t)(end - data) : size;
	struct config c, untouched;
	int complaints = 0, r;

	if (folder[sizeof(folder) - 2] == 'X')
		enter();
	write_file("main", data, len);
	if (end != NULL)
		write_file("other", end + 1, size - len - 1);
	else
		write_file("other", "", 0);

	memset(&c, 0x5a, sizeof(c));
	memcpy(&untouched, &c, sizeof(c));
	r = config_load(&c, "main", count, &complaints);
	REQUIRE((r == 0) == (complaints == 0));
	if (r < 0) {
		REQUIRE(memcmp(&c, &untouched, sizeof(c)) == 0);
		return 0;
	}
	check_dump(&c);
	config_release(&c);
	return 0;
}
