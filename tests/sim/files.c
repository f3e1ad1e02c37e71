#include "sim/files.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/util.h"
#include "sim/counts.h"
#include "sim/dice.h"
#include "sim/faults.h"
#include "sim/host.h"
#include "sim/net.h"
#include "sim/world.h"
#include "sim/wraps.h"

#define UMASK  022
#define DEVICE 17
#define RIGHTS 0777

static struct file files[] = {
	{ .path = "/run/echod/a.sock" },
	{ .path = "/run/echod/b.sock" },
	{ .path = "/run/echod.sock" },
};

static uint64_t inodes;
static mode_t mask;
static bool stuck; /* the server was kept from removing one */

static void
put(struct file *f, struct file content)
{
	const char *path = f->path;

	*f = content;
	f->path = path;
	f->inode = ++inodes;
}

/* Once in so many times each of what is in the way. */
static void
put_anything(struct file *f, int64_t once_in)
{
	switch (dice_below(once_in)) {
	case 0:
		put(f, (struct file){ .kind = FILE_REGULAR, .fd = -1 });
		break;
	case 1:
		put(f, (struct file){ .kind = FILE_SOCKET, .foreign = true, .fd = -1 });
		break;
	case 2:
	case 3: /* what a server that crashed has left */
		put(f, (struct file){ .kind = FILE_SOCKET, .fd = -1 });
		break;
	default:
		put(f, (struct file){ .kind = FILE_NONE, .fd = -1 });
	}
	if (f->kind != FILE_NONE)
		trace("file: %s %s", f->path,
		    f->kind == FILE_REGULAR ? "is a regular one"
			: f->foreign	    ? "is another's"
					    : "was left behind");
}

void
files_begin(void)
{
	mask = UMASK;
	stuck = false;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		put_anything(&files[i], 60);
}

struct file *
file_at(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (strcmp(files[i].path, path) == 0)
			return &files[i];
	world_fail("it has to do with %s", path);
}

bool
file_is_free(const struct file *f)
{
	return f->kind == FILE_NONE ||
	    (f->kind == FILE_SOCKET && !f->foreign && f->fd < 0);
}

void
file_let_go(int fd)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i].fd == fd)
			files[i].fd = -1;
}

void
file_inherit(struct file *f, int fd)
{
	put(f, (struct file){ .kind = FILE_SOCKET, .fd = fd });
}

void
files_touch(void)
{
	struct file *f = &files[dice_below(ARRAY_SIZE(files))];

	trace("file: somebody takes %s away", f->path);
	put_anything(f, 12);
	count(EVENT_FILE_TOUCHED);
}

/* ---- the system calls ---- */

int
file_bind(struct file *f, int fd)
{
	unsigned wanted = host.ready ? host.fresh.unix_mode : host.terms.unix_mode;
	int err = fault_errno(CALL_FILE);

	if (err != 0)
		return -err;
	if (f->kind != FILE_NONE) {
		count(EVENT_FILE_IN_THE_WAY);
		return -EADDRINUSE;
	}
	put(f,
	    (struct file){ .kind = FILE_SOCKET,
		.fd = fd,
		.ours = true,
		.mode = RIGHTS & ~(unsigned)mask });
	require(f->mode == wanted, "%s has the mode %o, not %o", f->path, f->mode,
	    wanted);
	return 0;
}

static int
fails(const char *call, const char *path, int err)
{
	trace("  %s(%s) = %s", call, path, strerrorname_np(err));
	errno = err;
	return -1;
}

mode_t
__wrap_umask(mode_t fresh)
{
	mode_t before = mask;

	mask = fresh;
	return before;
}

int
__wrap_lstat(const char *path, struct stat *ret)
{
	const struct file *f = file_at(path);

	if (f->kind == FILE_NONE)
		return fails("lstat", path, ENOENT);
	*ret = (struct stat){
		.st_dev = DEVICE,
		.st_ino = f->inode,
		.st_mode = f->kind == FILE_SOCKET ? S_IFSOCK : S_IFREG,
	};
	return 0;
}

int
__wrap_unlink(const char *path)
{
	struct file *f = file_at(path);
	int err = fault_errno(CALL_FILE);

	require(f->kind == FILE_SOCKET && !f->foreign,
	    "it removes %s, which is not its own", path);
	require(f->ours || f->fd < 0, "it removes %s, which is inherited", path);
	if (err != 0) {
		stuck = true;
		return fails("unlink", path, err);
	}
	trace("  unlink(%s)", path);
	put(f, (struct file){ .kind = FILE_NONE, .fd = -1 });
	return 0;
}

/* The server asks whether somebody listens there; of regular files nobody does. */
int
__wrap_connect(int fd, const struct sockaddr *to, socklen_t len)
{
	const struct sockaddr_un *name = (const void *)to;
	const struct file *f = file_at(name->sun_path);

	require(net_at(fd, "connect")->kind == SOCKET && len == sizeof(*name),
	    "connect(%d)", fd);
	if (f->kind == FILE_NONE)
		return fails("connect", f->path, ENOENT);
	return file_is_free(f) || f->kind == FILE_REGULAR
	    ? fails("connect", f->path, ECONNREFUSED)
	    : 0;
}

/* ---- what must hold ---- */

void
check_umask(void)
{
	require(mask == UMASK, "it leaves the umask %o", mask);
}

void
check_files(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		require(!files[i].ours || stuck, "%s is left", files[i].path);
}
