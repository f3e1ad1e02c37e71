"""All at once for a while, and afterwards echod is as it was before.

In make check it takes some seconds; from the build folder, for as long as you like:

    PYTHONPATH=SRCDIR/tests/system SOAK_SECONDS=600 python3 SRCDIR/tests/soak.py
"""

import contextlib
import json
import os
import random
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import harness
from harness import (
    ECHOD,
    PATIENCE,
    Echod,
    check_echo,
    fill,
    free_port,
    is_sanitized,
    main,
    reset,
    wait_until,
)

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "stress"))
from stress import STRESS, start_stress  # noqa: E402

SECONDS = float(os.environ.get("SOAK_SECONDS", 4))
harness.TEST_TIMEOUT = 2 * SECONDS + 60

LOADS = [
    "tcp -m steady -c10 -p4 -s1-20000 -r1000",
    "tcp -m churn -c5 -r200",
    "tcp -m halfclose -c2 -s1-100000",
    "tcp -m idle -c50",
    "tcp -m slow -c5",
    "tcp -m abort -c2",
    "udp -c10 -p4 -s1-20000 -r500",
    "unix -m steady -c10 -p4 -s1-20000 -r500",
    "unix -m churn -c5 -r100",
    "unix -m halfclose -c2 -s1-100000",
    "unix -m slow -c5",
    "unix -m abort -c2",
]
FEW = 5  # descriptors that it gets when there are few


class Soaked(Echod):
    """On all kinds of sockets, with a configuration that changes."""

    def __init__(self, backend):
        self.home = tempfile.TemporaryDirectory(prefix="echod-soak-")
        self.targets, self.more = self.target_set("one"), self.target_set("two")
        super().__init__(backend, **self.terms(0))

    def target_set(self, name):
        port = free_port()
        return {
            "tcp": f"127.0.0.1:{port}",
            "udp": f"udp:127.0.0.1:{port}",
            "unix": f"unix:{self.home.name}/{name}",
        }

    def terms(self, turn):
        """In every second turn it listens on more, and is less patient."""
        odd = turn % 2
        return {
            "listen": [*self.targets.values(), *self.more.values()][: 6 if odd else 3],
            "limits": {"max_connections": 500, "buffer_size": 65536},
            "timeouts": {"idle": 300 - odd},
            "udp": {"rate_per_address": 0},
        }

    def status(self, name):
        """Bytes, by a line of /proc/PID/status."""
        with open(f"/proc/{self.pid}/status", encoding="utf-8") as file:
            return 1024 * int(re.search(rf"\n{name}:\s*(\d+) kB", file.read())[1])


# ---- what goes on at the same time ----


def reload_each_second(echod, stop):
    """And meanwhile it is short of descriptors for a moment, again and again."""
    turn = 0
    while not stop.wait(0.8):
        turn += 1
        echod.write_config(**echod.terms(turn))
        echod.reload()
        with few_descriptors(echod):
            stop.wait(0.2)
    echod.write_config(**echod.terms(0))
    echod.reload()


def pauses(echod):
    """How often there was no descriptor for a client."""
    start = len(echod.lines)
    echod.signal(signal.SIGUSR1)
    return int(echod.wait_log(r"statistics: .*\b(\d+) accept pauses", start)[0][1])


@contextlib.contextmanager
def few_descriptors(echod):
    was = resource.prlimit(echod.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(echod.pid, resource.RLIMIT_NOFILE, (echod.fds() + FEW, was[1]))
    yield
    resource.prlimit(echod.pid, resource.RLIMIT_NOFILE, was)


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
    """Returns how many messages were exchanged, and over how many connections."""
    stop = threading.Event()
    workers = [Worker(work, echod, stop) for work in (reload_each_second, be_rude)]
    runs = []
    try:
        for load in LOADS:
            kind, *args = load.split()
            options = ["--json", "-d", seconds, "--timeout", PATIENCE, echod.targets[kind]]
            runs.append(start_stress(*args, *options))
        messages = connects = 0
        for load, run in zip(LOADS, runs):
            out, err = run.communicate(timeout=seconds + PATIENCE)
            assert run.returncode == 0, (load, run.returncode, out, err)
            messages += json.loads(out)["messages"]
            connects += json.loads(out)["connects"]
    finally:
        stop.set()
        for run in runs:
            if run.poll() is None:
                run.kill()
    for worker in workers:
        worker.end()
    return messages, connects


def run_out_of_descriptors(echod):
    """A few places for thirty clients, who all get their turn."""
    before = pauses(echod)
    with few_descriptors(echod):
        clients = [echod.connect() for _ in range(30)]
        for client in clients:
            check_echo(client)
            client.close()
            echod.clients.remove(client)
    assert pauses(echod) > before


# ---- and afterwards ----


def fill_batch(echod):
    """Datagrams that come at once have a place each, which is touched when it is used."""
    host, port = echod.targets["udp"].split(":")[1:]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        echod.pause()
        for _ in range(100):
            sock.sendto(bytes(20_000), (host, int(port)))
        echod.resume()


def memory_at_rest(echod, fds):
    """A second after the last connection it gives back what it does not need."""
    wait_until(lambda: echod.fds() == fds, "all descriptors are closed")
    time.sleep(1.5)
    return echod.status("RssAnon")


def check_as_before(echod, fds, memory):
    now = memory_at_rest(echod, fds)
    print(f"# memory: {memory} bytes before, {now} after, {echod.status('VmHWM')} at most")
    if not is_sanitized():  # which keeps what was freed
        assert now <= memory + 512 * 1024, "memory is not given back"

    cpu = echod.cpu_seconds()
    time.sleep(1)
    print(f"# CPU: {cpu} s, and {echod.cpu_seconds() - cpu:.2f} s in a second afterwards")
    assert echod.cpu_seconds() - cpu < 0.1, "it is busy, and nobody is there"
    wrong = echod.find_log(r"^\S+ error: | error [1-9]")  # a line, or in the statistics
    assert not wrong, wrong[0].string
    check_echo(echod.connect())


def test_soak(backend):
    with Soaked(backend) as echod:
        fds = echod.fds()
        all_at_once(echod, 0.5)  # so that it has what it needs anyway
        fill_batch(echod)
        memory = memory_at_rest(echod, fds)

        messages, connects = all_at_once(echod, SECONDS)
        reloads = len(echod.find_log("reloaded"))
        short = pauses(echod)
        print(f"# {messages} messages, {connects} connections, {reloads} reloads, "
              f"short of descriptors {short} times")
        assert reloads >= SECONDS / 2
        wait_until(lambda: echod.fds() == fds, "all descriptors are closed")
        run_out_of_descriptors(echod)
        check_as_before(echod, fds, memory)


def test_it_says_what_is_missing():
    with tempfile.TemporaryDirectory() as empty:
        env = {**os.environ, "builddir": empty}
        done = subprocess.run([sys.executable, __file__], env=env, capture_output=True)
    assert done.returncode == 1 and b"/echod is missing: " in done.stderr, done


if __name__ == "__main__":
    for program in [ECHOD, STRESS]:
        if not os.path.exists(program):
            sys.exit(f"{program} is missing: run make, and then this from the build folder")
    main()
