#include "support/talk.h"

#include <check.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/backends.h"
#include "support/tcp.h"

struct talk talk;

static void
prepare(int backend)
{
	for (size_t i = 0; i < TALK_SIZE; i++)
		talk.expected[i] = (char)(i * 31 + i / 256 * 7 + i / 65536);
	talk.loop = backends_open_net_loop(backend);
}

void
talk_open(int backend)
{
	int ends[2], size = 65536;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	talk.ours = ends[0];
	talk.theirs = ends[1];
	setsockopt(talk.ours, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	prepare(backend);
}

void
talk_open_tcp(int backend)
{
	tcp_narrow_pair(&talk.ours, &talk.theirs);
	prepare(backend);
}

bool
talk_receive(size_t most)
{
	ssize_t n = recv(talk.theirs, talk.received + talk.got, most, MSG_DONTWAIT);

	ck_assert(n >= 0 || errno == EAGAIN);
	if (n > 0)
		talk.got += (size_t)n;
	ck_assert_uint_le(talk.got, TALK_SIZE);
	return n != 0;
}

bool
talk_they_close(void)
{
	close(talk.theirs);
	return false;
}
