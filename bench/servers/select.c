/* An echo server on bare select(2), so for at most FD_SETSIZE descriptors. */
#include <sys/select.h>

#include "echo.h"

static fd_set readers, writers;

static void
watch(int fd, enum echoed echoed)
{
	FD_CLR(fd, &readers);
	FD_CLR(fd, &writers);
	if (echoed == ECHO_ALL)
		FD_SET(fd, &readers);
	if (echoed == ECHO_REST)
		FD_SET(fd, &writers);
}

int
main(int argc, char **argv)
{
	int listener = echo_bind(argc, argv, SOCK_STREAM), highest = listener;
	fd_set readable, writable;

	FD_SET(listener, &readers);
	for (;;) {
		readable = readers;
		writable = writers;
		if (select(highest + 1, &readable, &writable, NULL, NULL) < 0)
			continue;
		for (int fd = listener + 1; fd <= highest; fd++) {
			if (FD_ISSET(fd, &readable))
				watch(fd, echo_once(fd));
			if (FD_ISSET(fd, &writable))
				watch(fd, echo_rest(fd));
		}
		if (FD_ISSET(listener, &readable)) {
			int fd = echo_accept(listener);

			if (fd >= FD_SETSIZE)
				close(fd);
			else if (fd >= 0)
				FD_SET(fd, &readers);
			highest = fd > highest && fd < FD_SETSIZE ? fd : highest;
		}
	}
}
