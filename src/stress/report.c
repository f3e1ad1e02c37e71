#include "stress/report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sysexits.h>

const struct report_percentile report_percentiles[REPORT_PERCENTILES] = {
	{ "p50", 50 },
	{ "p90", 90 },
	{ "p99", 99 },
	{ "p99_9", 99.9 },
};

const char *
report_size(char buf[64], const struct options *o)
{
	if (o->size_min == o->size_max)
		snprintf(buf, 64, "%" PRId64 " byte%s", o->size_min,
		    o->size_min == 1 ? "" : "s");
	else
		snprintf(buf, 64, "%" PRId64 " to %" PRId64 " bytes", o->size_min,
		    o->size_max);
	return buf;
}

static int
open_one(FILE **ret, const char *path)
{
	*ret = NULL;
	if (path == NULL)
		return 0;
	*ret = fopen(path, "we");
	if (*ret == NULL) {
		int err = errno;

		fprintf(stderr, "echo-stress: %s: %s\n", path, strerror(err));
		return -err;
	}
	return 0;
}

int
report_open(struct report_files *files, const struct options *o)
{
	int r = open_one(&files->json, o->json_file);

	if (r == 0)
		r = open_one(&files->hgrm, o->hgrm_file);
	if (r == 0)
		r = open_one(&files->html, o->html_file);
	return r;
}

/* What went wrong, to those who get no table that says so. */
static void
tell_wrong(const struct run *r, const struct verdict *v)
{
	const struct failures *f = &r->figures->failures;

	for (int i = 0; i < v->nreasons; i++)
		fprintf(stderr, "echo-stress: %s: %s\n", r->target->text,
		    v->reasons[i]);

	for (unsigned kind = 0; kind < FAILURES; kind++)
		if (f->count[kind] > 0)
			fprintf(stderr, "echo-stress: %s: %" PRIu64 " %s, first: %s\n",
			    r->target->text, f->count[kind], failure_name(kind),
			    f->first[kind]);
}

static int
report_single(struct report_files *files, const struct options *o, const struct run *r)
{
	struct verdict v = verdict_of(r);

	if (o->json)
		report_json(stdout, r, &v);
	else if (!o->quiet)
		report_text(stdout, r, &v);
	if (o->json || o->quiet)
		tell_wrong(r, &v);
	if (files->json != NULL)
		report_json(files->json, r, &v);
	if (files->hgrm != NULL)
		report_hgrm(files->hgrm, &r->figures->latency);
	if (files->html != NULL)
		report_html(files->html, r, &v);
	return v.status;
}

static int
report_compared(struct report_files *files, const struct options *o,
    const struct run *runs, const struct compare *c)
{
	int status = 0;

	if (o->json)
		report_json_compare(stdout, runs, c);
	else if (!o->quiet)
		report_text_compare(stdout, runs, c);
	if (files->json != NULL)
		report_json_compare(files->json, runs, c);
	for (int i = 0; i < c->nruns; i++) {
		struct verdict v = verdict_at_rate(&runs[i], compare_rate(c, i).median);

		tell_wrong(&runs[i], &v);
		status = v.status > status ? v.status : status;
	}
	return status;
}

/* Returns false, and says so, when not all could be written. */
static bool
close_one(FILE *f, const char *path)
{
	bool bad;

	if (f == NULL)
		return true;
	bad = ferror(f) != 0;
	if (fclose(f) == 0 && !bad)
		return true;
	fprintf(stderr, "echo-stress: %s: cannot write all of it\n", path);
	return false;
}

int
report_all(struct report_files *files, const struct options *o, const struct run *runs,
    const struct compare *c)
{
	int status = o->compare ? report_compared(files, o, runs, c)
				: report_single(files, o, &runs[0]);
	bool well = close_one(files->json, o->json_file);

	well = close_one(files->hgrm, o->hgrm_file) && well;
	well = close_one(files->html, o->html_file) && well;
	well = close_one(stdout, "standard output") && well;
	return well || status != 0 ? status : EX_IOERR;
}
