/* files.h - the files of UNIX sockets, and who else has to do with them. */
#ifndef ECHOD_TESTS_SIM_FILES_H
#define ECHOD_TESTS_SIM_FILES_H

#include <stdbool.h>
#include <stdint.h>

struct file {
	const char *path;
	enum { FILE_NONE, FILE_SOCKET, FILE_REGULAR } kind;
	uint64_t inode;
	unsigned mode;
	int fd;	      /* that is bound to it; -1 */
	bool foreign; /* another process listens on it */
	bool ours;    /* the server made it */
};

/* Let the dice say what is there before the server is. */
void files_begin(void);

/* The file of this path, be it there or not. */
struct file *file_at(const char *path);

/* The server binds to it.  Returns 0 or -errno. */
int file_bind(struct file *f, int fd);

/* The server's descriptor is closed: who connects now is refused. */
void file_let_go(int fd);

/* A service manager has bound it. */
void file_inherit(struct file *f, int fd);

/* Could the server bind to it? */
bool file_is_free(const struct file *f);

/* Somebody takes one of them away, and perhaps puts another in its place. */
void files_touch(void);

/* While nothing is being opened, and at the end. */
void check_umask(void);
void check_files(void);

#endif
