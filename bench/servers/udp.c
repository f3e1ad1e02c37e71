/* The baseline for UDP: recvfrom(2) and sendto(2) in turn. */
#include <sys/ioctl.h>

#include "echo.h"

int
main(int argc, char **argv)
{
	int fd = echo_bind(argc, argv, SOCK_DGRAM);
	static char buf[ECHO_BUFFER];
	struct sockaddr_in peer;

	/* Blocking: nothing else is to be waited for. */
	ioctl(fd, FIONBIO, &(int){ 0 });
	for (;;) {
		socklen_t len = sizeof(peer);
		ssize_t got = recvfrom(fd, buf, sizeof(buf), 0, (void *)&peer, &len);

		if (got >= 0)
			sendto(fd, buf, (size_t)got, 0, (const void *)&peer, len);
	}
}
