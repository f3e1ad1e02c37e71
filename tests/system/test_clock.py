"""The wall clock may jump, by hand or by NTP: no limit, no timer, no figure follows it."""

import contextlib
import datetime
import os
import re
import signal
import subprocess
import tempfile
import time

from harness import (
    Echod,
    Skip,
    check_echo,
    free_port,
    is_sanitized,
    main,
    read_to_end,
    wait_until,
)
from test_udp import dialled, statistics

SOURCE = os.path.join(os.path.dirname(__file__), "..", "support", "jumping_clock.c")
IDLE, DRAIN = 0.6, 0.5  # seconds
LATE = 10  # seconds: far from on time, even for a busy machine
UDP = {"rate_per_address": 10, "burst_per_address": 20}


def build_jumping_clock(folder):
    library = os.path.join(folder, "jumping_clock.so")
    compiler = os.environ.get("CC", "cc").split()
    subprocess.run([*compiler, "-shared", "-fPIC", "-o", library, SOURCE], check=True)
    return library


def jumps(echod):
    """Hours between one line of log and the next."""
    stamps = [re.match(r"(\S+)\.\d+([+-]\d{4}) ", line) for line in echod.lines]
    times = [datetime.datetime.strptime(s[1] + s[2], "%Y-%m-%dT%H:%M:%S%z") for s in stamps]
    return [abs(b - a) / datetime.timedelta(hours=1) for a, b in zip(times, times[1:])]


def seconds_up(echod):
    start = len(echod.lines)
    echod.signal(signal.SIGUSR1)
    return float(echod.wait_log(r"statistics: (\d+\.\d) s up", start)[0][1])


def check_idle_limit(echod):
    """Nobody is closed before their time, nor long after it."""
    client = echod.connect()
    for _ in range(10):
        time.sleep(IDLE / 5)
        seconds_up(echod)  # whatever looks at the clock, looks
        last = time.monotonic()
        check_echo(client)
    assert read_to_end(client) == b""
    assert IDLE <= time.monotonic() - last < LATE


def check_rate_limit(echod, port):
    with dialled("127.0.0.1", port) as sock:
        for _ in range(100):
            sock.send(b"x")
        wait_until(lambda: statistics(echod)["received"] == 100, "all have come")
    assert 20 <= statistics(echod)["answered"] <= 50


def check_drain(echod):
    """What talks on is ended when it is time."""
    client = echod.connect()
    start = time.monotonic()
    echod.signal(signal.SIGTERM)
    with contextlib.suppress(ConnectionError, EOFError):
        while True:
            check_echo(client)
    assert DRAIN <= time.monotonic() - start < LATE
    assert echod.wait_exit() == 0


def test_the_wall_clock_jumps(backend):
    if is_sanitized():
        raise Skip("the sanitizer has to be the first library")
    port, start = free_port(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="echod-clock-") as folder, Echod(
        backend,
        env={"LD_PRELOAD": build_jumping_clock(folder)},
        listen=["127.0.0.1:0", f"udp:127.0.0.1:{port}"],
        timeouts={"idle": IDLE, "drain": DRAIN},
        udp=UDP,
    ) as echod:
        check_idle_limit(echod)
        check_rate_limit(echod, port)
        echod.reload()
        assert 0 < seconds_up(echod) <= time.monotonic() - start + 0.1
        check_drain(echod)
        assert max(jumps(echod)) > 12, "the clock did not jump"


if __name__ == "__main__":
    main()
