/* echo-stress(1): load an echo service and check every byte. */
#include "stress/options.h"
#include "stress/session.h"

int
main(int argc, char **argv)
{
	struct options options;
	int status;

	options_parse(&options, argc, argv);
	status = session_run(&options);
	options_release(&options);
	return status;
}
