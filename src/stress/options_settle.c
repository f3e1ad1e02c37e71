#include <argp.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "stress/datagrams.h"
#include "stress/options.h"

/* What does not go with a kind of target. */
static void
settle_target(struct options *o, struct target *t, const struct argp_state *state)
{
	if (o->udp && t->path != NULL)
		argp_error(state, "--udp does not go with %s", t->text);
	t->udp = t->udp || o->udp;
	if (t->udp && o->mode != mode_find("steady"))
		argp_error(state, "over UDP there is only mode steady");
	if (t->udp && o->size_max > DATAGRAM_MOST)
		argp_error(state, "over UDP a size is at most %d", DATAGRAM_MOST);
	if (t->path != NULL && o->source.count > 0)
		argp_error(state, "--source does not go with %s", t->text);
}

/* Small enough for every reader of JSON, and to type again. */
static int64_t
random_seed(void)
{
	uint32_t seed = 1;

	if (getrandom(&seed, sizeof(seed), 0) < 0)
		seed = (uint32_t)clock_monotonic_ns();
	return seed;
}

/* Each would write over the other. */
static bool
same_file(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

void
options_settle(struct options *o, const struct argp_state *state)
{
	const struct mode *m = o->mode;

	for (int i = 0; i < o->ntargets; i++)
		settle_target(o, &o->targets[i], state);
	if (o->compare != (o->ntargets > 1))
		argp_error(state, "several targets and --compare go together");
	if (o->compare && (!m->compares || o->rate > 0 || o->messages > 0))
		argp_error(state,
		    "--compare takes mode steady, churn or halfclose, "
		    "without --rate and --messages");
	if (o->compare && (o->hgrm_file != NULL || o->html_file != NULL))
		argp_error(state, "--hgrm and --html are for a single target");
	if (same_file(o->json_file, o->hgrm_file) ||
	    same_file(o->json_file, o->html_file) ||
	    same_file(o->hgrm_file, o->html_file))
		argp_error(state, "--json, --hgrm and --html take a file each");
	if (o->rate > 0 && !m->paces)
		argp_error(state, "--rate takes mode steady or churn");
	if (o->messages > 0 && !m->counts)
		argp_error(state, "--messages does not go with mode %s", m->name);
	if (o->connections < m->least)
		argp_error(state, "mode %s takes %" PRId64 " connections or more",
		    m->name, m->least);
	if (o->size_min == 0)
		o->size_min = o->size_max = m->size;
	if (o->pipeline == 0)
		o->pipeline = m->pipeline;
	if (o->seed < 0)
		o->seed = random_seed();
}
