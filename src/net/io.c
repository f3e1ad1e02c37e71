#include "net/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "loop/loop.h"
#include "net/sock.h"

/* Hand the socket as much as it takes.  Returns 0 when all is sent, or an errno. */
static int
send_some(int fd, struct io_send *s)
{
	while (s->left > 0) {
		ssize_t n = send(fd, s->data, s->left, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return errno;
		if (n < 0)
			continue;
		s->data += n;
		s->left -= (uint32_t)n;
		s->sent += (uint32_t)n;
	}
	return 0;
}

/* The lent buffer is ours until the next wait only.  Returns 0 or an errno. */
static int
keep(struct io_send *s)
{
	if (s->kept != NULL)
		return 0;
	s->kept = malloc(s->left);
	if (s->kept == NULL)
		return ENOMEM;
	memcpy(s->kept, s->data, s->left);
	s->data = s->kept;
	return 0;
}

static struct wait
room_to_send(int fd, int64_t stall_ns)
{
	struct wait w = writable(fd);

	w.limit_ns = stall_ns > 0 ? stall_ns : LIMIT_NONE;
	return w;
}

/*
 * A slow peer is not a stalled one: epoll(7) calls a socket writable only when
 * a third of its buffer is free, so at the limit look whether the peer has
 * taken anything since.
 */
static enum step
wait_for_room(struct task *t, int fd, struct io_send *s, int64_t stall_ns)
{
	TASK_BEGIN(t);
	do {
		s->unsent = sock_unsent(fd);
		YIELD(t, room_to_send(fd, stall_ns));
	} while (t->woke == WAKE_TIMEOUT && sock_unsent(fd) < s->unsent);
	s->err = task_error(t);
	TASK_END(t);
}

enum step
io_send_all(struct task *t, int fd, struct io_send *s, int64_t stall_ns)
{
	TASK_BEGIN(t);
	s->kept = NULL;
	while ((s->err = send_some(fd, s)) == EAGAIN) {
		s->err = keep(s);
		if (s->err != 0)
			break;
		CALL(t, wait_for_room(t, fd, s, stall_ns));
		if (s->err != 0)
			break;
	}
	free(s->kept);
	s->kept = NULL;
	TASK_END(t);
}

enum step
io_linger(struct task *t, struct io_linger *l)
{
	size_t size;
	char *buf;
	ssize_t n;

	TASK_BEGIN(t);
	if (shutdown(l->fd, SHUT_WR) < 0)
		TASK_RETURN(t); /* it is broken already */
	l->end_ns = loop_now_ns(t->loop) + l->ns;
	do {
		YIELD(t, within(readable(l->fd), l->end_ns - loop_now_ns(t->loop)));
		if (t->woke != WAKE_READY)
			break;
		buf = loop_buffer(t->loop, &size);
		n = recv(l->fd, buf, size, 0);
	} while (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)));
	TASK_END(t);
}
