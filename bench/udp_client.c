/*
 * Loads UDP echo servers on 127.0.0.1 side by side, in short slices in turn, and
 * checks every byte that comes back.  It takes datagrams in batches, and sends them
 * as one message that the kernel cuts up (UDP_SEGMENT, udp(7)), so that it asks less
 * of its processor than a server does.
 *
 *	udp_client SECONDS IN_FLIGHT PORT...
 *
 * Prints JSON: for each server the messages, the rates of its slices, percentiles
 * of latency, and how many datagrams were lost.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "stress/histogram.h"

#define SIZE	   64
#define SLICE_NS   MILLISECONDS(80)
#define TIMEOUT_US 100000 /* what has not come by then is lost */
#define SERVERS	   8
#define FLIGHT	   64 /* as many segments as the kernel cuts */
#define CYCLES	   1000

struct datagram {
	int64_t sent_ns;
	uint64_t number;
	char fill[SIZE - 16];
};

static struct server {
	int fd, port;
	int inflight;
	uint64_t number, messages, lost, wrong;
	double rates[CYCLES];
	struct histogram latency;
} servers[SERVERS];

static struct datagram data[FLIGHT];
static struct iovec iov[FLIGHT];
static struct mmsghdr batch[FLIGHT];

static void
die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static void
prepare(void)
{
	for (int i = 0; i < FLIGHT; i++) {
		iov[i] = (struct iovec){ &data[i], SIZE };
		batch[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i],
			.msg_iovlen = 1 };
	}
}

static void
dial(struct server *s, int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval timeout = { .tv_usec = TIMEOUT_US };

	s->port = port;
	s->fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (s->fd < 0 || connect(s->fd, (const void *)&to, sizeof(to)) < 0)
		die("connect");
	setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (setsockopt(s->fd, SOL_UDP, UDP_SEGMENT, &(int){ SIZE }, sizeof(int)) < 0)
		die("UDP_SEGMENT");
}

static void
send_some(struct server *s, int n)
{
	int64_t now = clock_monotonic_ns();

	for (int i = 0; i < n; i++) {
		data[i].sent_ns = now;
		data[i].number = s->number++;
		memset(data[i].fill, (int)data[i].number & 0xff, sizeof(data[i].fill));
	}
	if (send(s->fd, data, (size_t)n * SIZE, 0) < 0)
		die("send");
	s->inflight += n;
}

static int
is_right(const struct server *s, unsigned i)
{
	const struct datagram *d = &data[i];
	char fill[sizeof(d->fill)];

	memset(fill, (int)d->number & 0xff, sizeof(fill));
	return batch[i].msg_len == SIZE && d->number < s->number &&
	    memcmp(fill, d->fill, sizeof(fill)) == 0;
}

/* Take what has come; gives up what is in flight when nothing comes. */
static void
receive(struct server *s)
{
	int n = recvmmsg(s->fd, batch, FLIGHT, MSG_WAITFORONE, NULL);
	int64_t now = clock_monotonic_ns();

	if (n <= 0) {
		s->lost += (uint64_t)s->inflight;
		s->inflight = 0;
		return;
	}
	for (unsigned i = 0; i < (unsigned)n; i++) {
		if (!is_right(s, i))
			s->wrong++;
		histogram_record(&s->latency, now - data[i].sent_ns);
	}
	s->messages += (uint64_t)n;
	s->inflight -= n < s->inflight ? n : s->inflight;
}

static double
slice(struct server *s, int flight)
{
	int64_t began = clock_monotonic_ns(), now = began;
	uint64_t before = s->messages;
	double rate = 0;

	while (now - began < SLICE_NS) {
		send_some(s, flight - s->inflight);
		receive(s);
		now = clock_monotonic_ns();
	}
	rate = (double)(s->messages - before) / (double)(now - began) * 1e9;
	while (s->inflight > 0)
		receive(s);
	return rate;
}

static void
report(const struct server *s, int cycles, const char *comma)
{
	printf("%s{\"target\": \"127.0.0.1:%d\", \"messages\": %" PRIu64
	       ", \"lost\": %" PRIu64 ", \"result\": \"%s\", \"latency_us\": "
	       "{\"p50\": %.3f, \"p99\": %.3f}, \"rates\": [",
	    comma, s->port, s->messages, s->lost, s->wrong > 0 ? "failed" : "ok",
	    (double)histogram_percentile_ns(&s->latency, 50) / 1e3,
	    (double)histogram_percentile_ns(&s->latency, 99) / 1e3);
	for (int c = 0; c < cycles; c++)
		printf("%s%.1f", c > 0 ? ", " : "", s->rates[c]);
	printf("]}");
}

int
main(int argc, char **argv)
{
	int n = argc - 3, flight = argc > 3 ? atoi(argv[2]) : 0, cycles = 0;
	int64_t end_ns;

	if (n < 1 || n > SERVERS || flight < 1 || flight > FLIGHT)
		return EXIT_FAILURE;
	prepare();
	for (int i = 0; i < n; i++)
		dial(&servers[i], atoi(argv[3 + i]));

	end_ns = clock_monotonic_ns() + (int64_t)(atof(argv[1]) * 1e9);
	for (; cycles < CYCLES && clock_monotonic_ns() < end_ns; cycles++)
		for (int i = 0; i < n; i++) {
			struct server *s = &servers[(cycles + i) % n];

			s->rates[cycles] = slice(s, flight);
		}

	printf("{\"compare\": [");
	for (int i = 0; i < n; i++)
		report(&servers[i], cycles, i > 0 ? ", " : "");
	printf("], \"cycles\": %d}\n", cycles);
	return EXIT_SUCCESS;
}
