#include "support/captured.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <unistd.h>

void
stderr_becomes(int fd)
{
	ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	close(fd);
}

int
stderr_becomes_pipe(void)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	stderr_becomes(ends[1]);
	return ends[0];
}

const char *
captured(int fd)
{
	static char text[65536 + 1];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n = 1;

	while (len < sizeof(text) - 1 && n > 0 && poll(&p, 1, 0) == 1) {
		n = read(fd, text + len, sizeof(text) - 1 - len);
		if (n > 0)
			len += (size_t)n;
	}
	text[len] = '\0';
	return text;
}

bool
matches(const char *text, const char *regex)
{
	regex_t re;
	int r;

	ck_assert_int_eq(regcomp(&re, regex, REG_EXTENDED | REG_NOSUB), 0);
	r = regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return r == 0;
}
