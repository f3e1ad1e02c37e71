#include "net/sock_unix.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sockaddr_un
name_of(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	return name;
}

/* bind(2) gives the file all the rights that the umask leaves: from the beginning. */
static int
bind_with_mode(int fd, const char *path, mode_t mode)
{
	struct sockaddr_un name = name_of(path);
	mode_t before = umask(~mode & 0777);
	int r = bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0 ? -errno : 0;

	umask(before);
	return r;
}

/*
 * Is it a socket that nobody listens on any more?  connect(2) says ECONNREFUSED
 * of files that are no sockets, too; fd is as before then.
 */
static bool
is_stale(int fd, const char *path)
{
	struct sockaddr_un name = name_of(path);
	struct stat st;

	return lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0 &&
	    errno == ECONNREFUSED;
}

/* On success the file is there.  Returns 0 or -errno. */
static int
make_file(int fd, const char *path, mode_t mode)
{
	int r = bind_with_mode(fd, path, mode);

	if (r != -EADDRINUSE || !is_stale(fd, path))
		return r;
	return unlink(path) < 0 ? -errno : bind_with_mode(fd, path, mode);
}

int
sock_unix_listen(const char *path, mode_t mode, int backlog, struct sock_file *ret)
{
	struct stat st = { 0 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), r;

	if (fd < 0)
		return -errno;
	r = make_file(fd, path, mode);
	if (r < 0) {
		close(fd);
		return r;
	}
	lstat(path, &st);
	*ret = (struct sock_file){ st.st_dev, st.st_ino };
	if (listen(fd, backlog) < 0) {
		r = -errno;
		sock_unix_remove(path, ret);
		close(fd);
		return r;
	}
	return fd;
}

bool
sock_unix_is_there(const char *path, const struct sock_file *file)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_dev == file->device &&
	    st.st_ino == file->inode;
}

void
sock_unix_remove(const char *path, const struct sock_file *file)
{
	if (sock_unix_is_there(path, file))
		unlink(path);
}

int
sock_unix_path(int fd, char ret[SOCK_UNIX_PATH])
{
	struct sockaddr_un name = { 0 };
	socklen_t len = sizeof(name);

	if (getsockname(fd, (struct sockaddr *)&name, &len) < 0)
		return -errno;
	if (name.sun_path[0] == '\0' && len > sizeof(name.sun_family))
		name.sun_path[0] = '@';
	memcpy(ret, name.sun_path, SOCK_UNIX_PATH);
	ret[SOCK_UNIX_PATH - 1] = '\0';
	return 0;
}
