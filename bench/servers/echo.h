/*
 * echo.h - what the reference servers on bare descriptors share: sockets, and
 * echoing what one recv() brings.
 */
#ifndef ECHOD_BENCH_ECHO_H
#define ECHOD_BENCH_ECHO_H

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ECHO_BUFFER 65536
#define ECHO_CONNS  32768 /* descriptors are below this */

/* What could not be sent yet, by descriptor. */
static struct {
	char *data;
	size_t sent, size;
} echo_rests[ECHO_CONNS];

/* A socket of this type bound to 127.0.0.1:PORT, PORT being the first argument. */
static inline int
echo_bind(int argc, char **argv, int type)
{
	int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)(argc == 2 ? atoi(argv[1]) : 0)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max < ECHO_CONNS ? files.rlim_max : ECHO_CONNS;
	setrlimit(RLIMIT_NOFILE, &files);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (argc != 2 || bind(fd, (const void *)&at, sizeof(at)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 4096) < 0)) {
		perror("usage: SERVER PORT");
		exit(EXIT_FAILURE);
	}
	return fd;
}

/* Returns a connection, or -1. */
static inline int
echo_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);

	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	return fd;
}

enum echoed { ECHO_GONE, ECHO_ALL, ECHO_REST };

static inline enum echoed
echo_close(int fd)
{
	free(echo_rests[fd].data);
	echo_rests[fd].data = NULL;
	close(fd);
	return ECHO_GONE;
}

/* Echo what has come; ECHO_REST: wait until fd is writable, then echo_rest(). */
static inline enum echoed
echo_once(int fd)
{
	static char buf[ECHO_BUFFER];
	ssize_t got = recv(fd, buf, sizeof(buf), 0);
	ssize_t sent;

	if (got <= 0)
		return got < 0 && errno == EAGAIN ? ECHO_ALL : echo_close(fd);
	sent = send(fd, buf, (size_t)got, MSG_NOSIGNAL);
	if (sent == got)
		return ECHO_ALL;
	if (sent < 0 && errno != EAGAIN)
		return echo_close(fd);

	sent = sent < 0 ? 0 : sent;
	echo_rests[fd].sent = 0;
	echo_rests[fd].size = (size_t)(got - sent);
	echo_rests[fd].data = malloc(echo_rests[fd].size);
	if (echo_rests[fd].data == NULL)
		return echo_close(fd);
	memcpy(echo_rests[fd].data, buf + sent, echo_rests[fd].size);
	return ECHO_REST;
}

static inline enum echoed
echo_rest(int fd)
{
	size_t left = echo_rests[fd].size - echo_rests[fd].sent;
	ssize_t sent = send(fd, echo_rests[fd].data + echo_rests[fd].sent, left,
	    MSG_NOSIGNAL);

	if (sent < 0)
		return errno == EAGAIN ? ECHO_REST : echo_close(fd);
	echo_rests[fd].sent += (size_t)sent;
	if ((size_t)sent < left)
		return ECHO_REST;
	free(echo_rests[fd].data);
	echo_rests[fd].data = NULL;
	return ECHO_ALL;
}

#endif
