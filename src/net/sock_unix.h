/* sock_unix.h - listening UNIX stream sockets, and the files they have (unix(7)). */
#ifndef ECHOD_NET_SOCK_UNIX_H
#define ECHOD_NET_SOCK_UNIX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

/* Room for a path, with the NUL that the kernel can do without. */
#define SOCK_UNIX_PATH sizeof(((struct sockaddr_un *)NULL)->sun_path)

/* A socket file, so that the one that is removed is the one that was made. */
struct sock_file {
	dev_t device;
	ino_t inode;
};

/*
 * Make a socket at an absolute path of less than SOCK_UNIX_PATH bytes, with just
 * this mode whatever the umask(2), and listen.  A socket file that is there already
 * is replaced if nobody listens on it; any other file never is.  Returns the
 * descriptor, which is the caller's, as the file is; -EADDRINUSE; or -errno.
 */
int sock_unix_listen(const char *path, mode_t mode, int backlog, struct sock_file *ret);

/* Is it still that file? */
bool sock_unix_is_there(const char *path, const struct sock_file *file);

/* Remove the file, if it is still that one. */
void sock_unix_remove(const char *path, const struct sock_file *file);

/*
 * The path a socket is bound to, "@name" if that is abstract (unix(7)); "" if it is
 * not bound.  Returns 0 or -errno.
 */
int sock_unix_path(int fd, char ret[SOCK_UNIX_PATH]);

#endif
