/* echo-stress(1): load an echo service and check every byte. */
#include <fcntl.h>
#include <unistd.h>

#include "stress/options.h"
#include "stress/session.h"

/*
 * Where a standard stream is closed, the next descriptor would take its place, and
 * what is printed would go to the server.  Printing there fails, as it should.
 */
static void
fill_standard_streams(void)
{
	int fd;

	do
		fd = open("/", O_PATH | O_CLOEXEC); /* also where /dev/null is not */
	while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
}

int
main(int argc, char **argv)
{
	struct options options;
	int status;

	fill_standard_streams();
	options_parse(&options, argc, argv);
	status = session_run(&options);
	options_release(&options);
	return status;
}
