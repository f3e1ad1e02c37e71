/* echo-stress(1): load an echo service and check every byte. */
#include "stress/options.h"
#include "stress/session.h"

int
main(int argc, char **argv)
{
	struct options options;
	int status;

	session_block_signals();
	options_parse(&options, argc, argv);
	status = session_run(&options);
	options_release(&options);
	return status;
}
