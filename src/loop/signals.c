#include "loop/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/util.h"

#define PAUSE_NS SECONDS(1)

static sigset_t
set_of(const struct signal_action *actions)
{
	sigset_t set;

	sigemptyset(&set);
	for (; actions->number != 0; actions++)
		sigaddset(&set, actions->number);
	return set;
}

void
signals_block(const struct signal_action *actions)
{
	sigset_t set = set_of(actions);

	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* the log may not grow: write(2) says so too */
}

static void
act_on(const struct signals *sig, uint32_t number)
{
	for (const struct signal_action *a = sig->actions; a->number != 0; a++)
		if ((uint32_t)a->number == number)
			a->act(sig->arg);
}

static enum step
signals_run(struct task *t)
{
	struct signals *sig = container_of(t, struct signals, task);
	struct signalfd_siginfo info;

	TASK_BEGIN(t);
	for (;;) {
		YIELD(t, readable(sig->fd));
		if (t->woke == WAKE_CANCEL)
			break;
		if (t->woke == WAKE_ERROR) { /* no memory to watch it, for now */
			YIELD(t, elapsed(PAUSE_NS));
			continue;
		}
		if (read(sig->fd, &info, sizeof(info)) == sizeof(info))
			act_on(sig, info.ssi_signo);
	}
	loop_close_fd(t->loop, &sig->fd);
	TASK_END(t);
}

static const struct task_type signals_task = { .name = "signals", .run = signals_run };

int
signals_start(struct signals *sig, struct loop *loop, struct task_group *group,
    const struct signal_action *actions, void *arg)
{
	sigset_t set = set_of(actions);
	int r;

	sig->actions = actions;
	sig->arg = arg;
	sig->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (sig->fd < 0)
		return -errno;
	r = task_start(loop, &sig->task, group, &signals_task, 0);
	if (r < 0)
		loop_close_fd(loop, &sig->fd);
	return r;
}
