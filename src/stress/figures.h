/* figures.h - what a run has measured of one target. */
#ifndef ECHOD_STRESS_FIGURES_H
#define ECHOD_STRESS_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "stress/failure.h"
#include "stress/histogram.h"

/* A stretch of the run, for the graphs over time. */
struct sample {
	int64_t end_ns; /* since the start of the run */
	uint64_t messages;
	uint64_t failures;
	int64_t p50_ns, p99_ns; /* of latency; the worst where stretches were joined */
};

/* What became of datagrams; those answered in time and in full are the messages. */
struct udp_figures {
	uint64_t sent;
	uint64_t lost;	     /* not answered in time */
	uint64_t late;	     /* of those lost: answered after all */
	uint64_t duplicated; /* answers to one that had been answered before */
	uint64_t reordered;  /* answers that a later one overtook */
	uint64_t corrupt;
	double jitter_sum_ns; /* over all messages */
};

#define SAMPLES 240 /* at most: then every two are joined */

struct figures {
	bool scheduled;	 /* open loop: service time is another thing than latency */
	int64_t from_ns; /* messages due from then on count */
	int64_t last_ns; /* of the last answer */

	uint64_t messages; /* answered in full */
	uint64_t bytes_sent, bytes_received;
	uint64_t connects;
	uint64_t unanswered; /* sent, but their connection failed */
	uint64_t late;	     /* due, but given up before they were sent */
	uint64_t aborted;    /* sent on connections that were then reset on purpose */
	struct failures failures;
	struct udp_figures udp;

	struct histogram latency; /* from when a message was due */
	struct histogram service; /* from when it was sent */
	struct histogram connect;
	struct histogram recent; /* latency since the last sample, not yet in latency */

	int64_t began_ns;
	uint64_t sampled_failures;
	int nsamples;
	struct sample samples[SAMPLES];
};

/* All zero, from malloc(3), or NULL. */
struct figures *figures_new(void);

/* A message was answered in full. */
static inline void
figures_message(struct figures *f, int64_t due_ns, int64_t sent_ns, int64_t now_ns)
{
	f->last_ns = now_ns;
	if (due_ns < f->from_ns)
		return;
	f->messages++;
	histogram_record(&f->recent, now_ns - due_ns);
	if (f->scheduled)
		histogram_record(&f->service, now_ns - sent_ns);
}

/* The jitter of RFC 3550, 6.4.1, in the mean over the messages. */
double figures_jitter_ns(const struct figures *f);

/* End a stretch and begin the next. */
void figures_sample(struct figures *f, int64_t now_ns);

#endif
