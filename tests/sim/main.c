/*
 * sim - the whole server in a simulated world, again and again.
 *
 *	sim                     a test: a fixed set of seeds, and a few new ones
 *	sim --seeds FROM-TO     that many runs
 *	sim --seed N --trace    one run, and what happened in it
 *
 * Each run follows from its seed.  Runs are done in a child process, so that one
 * that fails, or crashes, does not end the others.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "sim/checks.h"
#include "sim/counts.h"
#include "sim/faults.h"
#include "sim/files.h"
#include "sim/host.h"
#include "sim/memory.h"
#include "sim/net.h"
#include "sim/peers.h"
#include "sim/udp.h"
#include "sim/world.h"

/* A run takes milliseconds: one that takes so long never comes back from a task. */
#define STUCK_S 30

/* What a child tells its parent. */
struct progress {
	uint64_t next; /* the seed to be run, or being run */
	struct counts counts;
};
static struct progress *progress;

static void
run(uint64_t seed, bool tracing)
{
	alarm(STUCK_S);
	world_begin(seed, tracing);
	memory_begin();
	net_begin();
	files_begin();
	host_begin();
	peers_begin();
	udp_begin();
	faults_plan();
	host_run();
	check_end();
	counts->turns += world.turn;
	counts->simulated_ns += (uint64_t)(world.now_ns - world.began_ns);
}

/* Returns whether all of them passed; progress->next is what comes after the last. */
static bool
run_in_child(uint64_t last, bool tracing)
{
	uint64_t first = progress->next;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		perror("fork");
		exit(EX_OSERR);
	}
	if (pid == 0) {
		for (; progress->next <= last; progress->next++)
			run(progress->next, tracing);
		exit(EXIT_SUCCESS);
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
		return true;
	if (WIFSIGNALED(status))
		printf("seed %" PRIu64 " failed: %s\n", progress->next,
		    WTERMSIG(status) == SIGALRM ? "it is stuck in a turn"
						: strsignal(WTERMSIG(status)));
	printf("\treplay it: tests/sim/sim --seed %" PRIu64 " --trace\n",
	    progress->next);
	progress->next++;
	return first > last;
}

/* Returns how many failed. */
static uint64_t
run_seeds(uint64_t first, uint64_t last, bool tracing)
{
	uint64_t failed = 0;

	progress->next = first;
	while (progress->next <= last)
		failed += !run_in_child(last, tracing);
	return failed;
}

/* ---- as a test: a fixed set of seeds, and some that were never run before ---- */

#define BATCH	      1000
#define FIXED_BATCHES 5

static bool
run_batch(int number, uint64_t first, const char *what)
{
	uint64_t last = first + BATCH - 1;
	bool good = run_seeds(first, last, false) == 0;

	printf("%s %d - %s seeds, %" PRIu64 " to %" PRIu64 "\n", good ? "ok" : "not ok",
	    number, what, first, last);
	return good;
}

static bool
run_as_test(void)
{
	uint64_t first = 1;
	bool good = true, complete;

	printf("1..%d\n", FIXED_BATCHES + 2);
	for (int i = 1; i <= FIXED_BATCHES; i++, first += BATCH)
		good &= run_batch(i, first, "fixed");
	complete = counts_complete();
	printf("%s %d - every kind of fault and event happened\n",
	    complete ? "ok" : "not ok", FIXED_BATCHES + 1);
	good &= run_batch(FIXED_BATCHES + 2, (uint64_t)time(NULL) * BATCH, "new");
	counts_report();
	return good && complete;
}

/* ---- on the command line ---- */

static _Noreturn void
usage(void)
{
	fprintf(stderr, "usage: sim [--seed N [--trace] | --seeds FROM-TO]\n");
	exit(EX_USAGE);
}

/* Returns whether all of them passed. */
static bool
run_range(uint64_t first, uint64_t last, bool tracing)
{
	uint64_t failed = run_seeds(first, last, tracing);

	counts_report();
	printf("%" PRIu64 " passed, %" PRIu64 " failed\n", last - first + 1 - failed,
	    failed);
	return failed == 0;
}

int
main(int argc, char **argv)
{
	bool tracing = argc == 4 && strcmp(argv[3], "--trace") == 0, good;
	uint64_t first, last;
	char extra;

	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (progress == MAP_FAILED)
		return EX_OSERR;
	counts = &progress->counts;

	if (argc == 1)
		good = run_as_test();
	else if (argc == (tracing ? 4 : 3) && strcmp(argv[1], "--seed") == 0 &&
	    sscanf(argv[2], "%" SCNu64 "%c", &first, &extra) == 1)
		good = run_range(first, first, tracing);
	else if (argc == 3 && strcmp(argv[1], "--seeds") == 0 &&
	    sscanf(argv[2], "%" SCNu64 "-%" SCNu64 "%c", &first, &last, &extra) == 2 &&
	    first <= last)
		good = run_range(first, last, false);
	else
		usage();
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
