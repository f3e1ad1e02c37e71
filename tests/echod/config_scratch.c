#include "echod/config_scratch.h"

#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64], came_from[4096];

struct config got;
char said[16384];

void
scratch_enter(void)
{
	ck_assert_ptr_nonnull(getcwd(came_from, sizeof(came_from)));
	strcpy(folder, "/tmp/echod-config-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
	config_defaults(&got);
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

void
scratch_leave(void)
{
	config_release(&got);
	ck_assert_int_eq(chdir(came_from), 0);
	ck_assert_int_eq(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void
scratch_write(const char *name, const char *text)
{
	FILE *out = fopen(name, "w");

	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	ck_assert_int_eq(fclose(out), 0);
}

static void
collect(const char *text, void *arg)
{
	ck_assert_ptr_eq(arg, &got);
	ck_assert_uint_lt(strlen(said) + strlen(text) + 2, sizeof(said));
	strcat(said, text);
	strcat(said, "\n");
}

int
load_file(const char *path)
{
	said[0] = '\0';
	config_release(&got);
	config_defaults(&got);
	return config_load(&got, path, collect, &got);
}

int
load(const char *text)
{
	scratch_write("t", text);
	return load_file("t");
}

void
assert_right(const char *text)
{
	int r = load(text);

	ck_assert_str_eq(said, "");
	ck_assert_int_eq(r, 0);
}

void
assert_wrong(const char *text, const char *complaints)
{
	struct config defaults;
	int r = load(text);

	ck_assert_str_eq(said, complaints);
	ck_assert_int_eq(r, -EINVAL);
	config_defaults(&defaults);
	ck_assert_mem_eq(&got, &defaults, sizeof(got));
}
