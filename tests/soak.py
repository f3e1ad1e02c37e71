"""All at once for a while, and afterwards echod is as it was before.

In make check it takes some seconds; from the build folder, for as long as you like:

    PYTHONPATH=SRCDIR/tests/system SOAK_SECONDS=600 python3 SRCDIR/tests/soak.py
"""

import os
import random
import re
import resource
import sys
import threading
import time

import harness
from harness import ECHOD, PATIENCE, Echod, check_echo, fill, main, reset, wait_until

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "stress"))
from stress import start_stress  # noqa: E402

SECONDS = float(os.environ.get("SOAK_SECONDS", 4))
harness.TEST_TIMEOUT = 2 * SECONDS + 60

MODES = {
    "steady": ["-c10", "-p4", "-s1-20000", "-r1000"],
    "churn": ["-c5", "-r200"],
    "halfclose": ["-c2", "-s1-100000"],
    "idle": ["-c50"],
    "slow": ["-c5"],
    "abort": ["-c2"],
}
LIMITS = {"max_connections": 500, "buffer_size": 65536}


def anonymous(echod):
    with open(f"/proc/{echod.pid}/status", encoding="utf-8") as file:
        return 1024 * int(re.search(r"\nRssAnon:\s*(\d+) kB", file.read())[1])


# ---- what goes on at the same time ----


def reload_each_second(echod, stop):
    turn = 0
    while not stop.wait(1):
        turn += 1
        echod.write_config(limits=LIMITS, timeouts={"idle": 300 + turn % 2})
        echod.reload()


def be_rude(echod, stop):
    """Stop reading, break off, come back."""
    what = random.Random(7)
    stuck = []
    while not stop.wait(0.02):
        client = echod.connect()
        echod.clients.remove(client)
        if what.random() < 0.1 and len(stuck) < 20:
            fill(client)
            stuck.append(client)
        else:
            client.sendall(bytes(what.choice([1, 1000, 50_000])))
            reset(client)
        if len(stuck) == 20:
            reset(stuck.pop(what.randrange(20)))
    for client in stuck:
        client.close()


class Worker(threading.Thread):
    """Remembers what went wrong in it."""

    def __init__(self, work, *args):
        super().__init__(daemon=True)
        self.work, self.args, self.failure = work, args, None
        self.start()

    def run(self):
        try:
            self.work(*self.args)
        except BaseException as failure:  # told by whoever joins it
            self.failure = failure

    def end(self):
        self.join(PATIENCE)
        assert not self.is_alive(), f"{self.work.__name__} does not end"
        if self.failure:
            raise self.failure


def all_at_once(echod, seconds):
    stop = threading.Event()
    workers = [Worker(work, echod, stop) for work in (reload_each_second, be_rude)]
    target = f"127.0.0.1:{echod.port()}"
    options = ["-d", seconds, "--timeout", PATIENCE, target]
    runs = [start_stress("-m", m, *args, *options) for m, args in MODES.items()]
    try:
        for mode, run in zip(MODES, runs):
            out, err = run.communicate(timeout=seconds + PATIENCE)
            assert run.returncode == 0, (mode, run.returncode, out, err)
    finally:
        stop.set()
        for run in runs:
            if run.poll() is None:
                run.kill()
    for worker in workers:
        worker.end()


def run_out_of_descriptors(echod, fds):
    """Ten places for thirty clients, who all get their turn."""
    was = resource.prlimit(echod.pid, resource.RLIMIT_NOFILE)
    start = len(echod.lines)
    resource.prlimit(echod.pid, resource.RLIMIT_NOFILE, (fds + 10, was[1]))
    clients = [echod.connect() for _ in range(30)]
    for client in clients:
        check_echo(client)
        client.close()
        echod.clients.remove(client)
    echod.wait_log("cannot accept on .*: Too many open files", start)
    resource.prlimit(echod.pid, resource.RLIMIT_NOFILE, was)


# ---- and afterwards ----


def check_as_before(echod, fds, memory):
    wait_until(lambda: echod.fds() == fds, "all descriptors are closed")
    now = anonymous(echod)
    print(f"# memory: {memory} bytes before, {now} after")
    with open(ECHOD, "rb") as file:
        if b"__asan_init" not in file.read():  # which keeps what was freed
            assert now <= memory + 512 * 1024, "memory is not given back"

    cpu = echod.cpu_seconds()
    time.sleep(1)
    assert echod.cpu_seconds() - cpu < 0.1, "it is busy, and nobody is there"
    assert not echod.find_log("error"), echod.find_log("error")[0].string
    check_echo(echod.connect())


def test_soak(backend):
    with Echod(backend, limits=LIMITS) as echod:
        fds = echod.fds()
        all_at_once(echod, 0.5)  # so that it has what it needs anyway
        wait_until(lambda: echod.fds() == fds, "all descriptors are closed")
        memory = anonymous(echod)

        all_at_once(echod, SECONDS)
        wait_until(lambda: echod.fds() == fds, "all descriptors are closed")
        run_out_of_descriptors(echod, fds)
        check_as_before(echod, fds, memory)


if __name__ == "__main__":
    main()
