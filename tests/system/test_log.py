"""What it writes in its log, and how much of it."""

import os
import re
import resource
import signal
import socket
import time

from harness import (
    Echod,
    check_echo,
    fill,
    free_port,
    main,
    read_to_end,
    reset,
    was_refused,
)

BURST, PER_SECOND = 20, 10  # of lines of one kind, as in base/log.h


def name(sock):
    """The client as the log knows it, for a pattern."""
    return re.escape("%s:%d" % sock.getsockname()[:2]) + r"\b"


def finish(sock):
    sock.shutdown(socket.SHUT_WR)
    read_to_end(sock)


# ---- what ----


def test_start_and_end(backend):
    limits = {"max_connections": 77, "max_connections_per_address": 5}
    with Echod(backend, limits=limits, timeouts={"idle": 1.5}) as echod:
        [line] = echod.wait_log(rf"\d\.\d.*{backend}.*\b77\b.*\b5\b.*\b1\.5\b")
        assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", line.string), "no time stamp"
        check_echo(echod.connect(), bytes(54321))
        echod.clients[0].close()
        echod.signal(signal.SIGTERM)
        assert echod.wait_exit() == 0
        echod.wait_log(r"stopped: .*\b54321 bytes")


def test_closed_by_the_peer(backend):
    with Echod(backend) as echod:
        client = echod.connect()
        check_echo(client, bytes(12345))
        finish(client)
        echod.wait_log(name(client) + r".*\beof\b.*\b12345 bytes, 0?\d\.\d+ s")


def test_closed_by_us(backend):
    settings = {"limits": {"max_connections": 2}, "timeouts": {"idle": 0.3}}
    with Echod(backend, **settings) as echod:
        broken, silent = echod.connect(), echod.connect()
        refused = echod.connect()
        assert was_refused(refused)
        echod.wait_log(name(refused) + r".*\blimit\b")

        check_echo(broken)
        pattern = name(broken) + r".*\breset, 5 bytes"
        reset(broken)
        echod.wait_log(pattern)

        check_echo(silent)
        assert silent.recv(1) == b""
        pattern = name(silent) + r".*\bidle, 5 bytes"
        silent.close()
        echod.wait_log(pattern)


def test_closed_by_drain(backend):
    with Echod(backend, timeouts={"drain": 0.2}) as echod:
        silent, stuck = echod.connect(), echod.connect()
        check_echo(silent)
        fill(stuck)
        echod.signal(signal.SIGTERM)
        assert read_to_end(silent) == b""
        pattern = name(silent) + r".*\bdrain, 5 bytes"
        silent.close()
        assert echod.wait_exit() == 0
        echod.wait_log(pattern)
        echod.wait_log(name(stuck) + r".*\bdrain\b")


def test_health_check_is_not_news(backend):
    """A connection that sent nothing is told of at debug alone."""
    for verbose in (False, True):
        with Echod(backend, ["-v"] if verbose else []) as echod:
            probe = echod.connect()
            finish(probe)
            client = echod.connect()
            check_echo(client)
            finish(client)
            echod.wait_log(name(client))
            assert len(echod.find_log(name(probe))) == verbose


def test_usr1(backend):
    """The statistics, and where each task waits."""
    with Echod(backend) as echod:
        client = echod.connect()
        check_echo(client, bytes(4711))
        echod.signal(signal.SIGUSR1)
        echod.wait_log(r"statistics: .*\b1 connections open.*\b4711 bytes")
        echod.wait_log(r"task echo:\d+.* readable")
        echod.wait_log(r"task listener:\d+.* readable")
        check_echo(client)


def test_usr1_with_many_tasks(backend):
    """Not a line for each of a thousand."""
    with Echod(backend) as echod:
        for _ in range(300):
            check_echo(echod.connect())
        echod.signal(signal.SIGUSR1)
        echod.wait_log(r"\d+ tasks more")
        assert len(echod.find_log("task echo")) <= 100


# ---- how much ----


def left_out(echod, what):
    lines = echod.find_log(rf"(\d+) more about {what} left out")
    return sum(int(line[1]) for line in lines)


def test_flood_of_connections(backend):
    """Not a line for each, but all of them are counted."""
    with Echod(backend) as echod:
        start = time.monotonic()
        for _ in range(500):
            client = echod.connect()
            check_echo(client)
            finish(client)
            client.close()
        echod.wait_log("more about closed connections left out")
        echod.signal(signal.SIGTERM)
        assert echod.wait_exit() == 0
        seconds = time.monotonic() - start
        told = len(echod.find_log(r"closed 127.*\beof\b"))
        assert told + left_out(echod, "closed connections") == 500
        assert BURST <= told <= BURST + PER_SECOND * seconds + 1


def test_flood_of_refusals(backend):
    with Echod(backend, limits={"max_connections": 1}) as echod:
        check_echo(echod.connect())
        start = time.monotonic()
        for _ in range(200):
            client = echod.connect()
            assert was_refused(client)
            client.close()
        echod.clients[0].close()
        echod.signal(signal.SIGTERM)
        assert echod.wait_exit() == 0
        seconds = time.monotonic() - start
        told = len(echod.find_log(r"\blimit \("))
        assert told + left_out(echod, "refused connections") == 200
        assert BURST <= told <= BURST + PER_SECOND * seconds + 1


def test_flood_of_pauses(backend):
    """Each client gets the only descriptor, and the next one has to wait."""
    with Echod(backend) as echod:
        most = echod.fds() + 1
        resource.prlimit(echod.pid, resource.RLIMIT_NOFILE, (most, most))
        start = time.monotonic()
        for client in [echod.connect() for _ in range(200)]:
            check_echo(client)
            client.close()
        echod.signal(signal.SIGTERM)
        assert echod.wait_exit() == 0
        seconds = time.monotonic() - start
        pauses = int(echod.wait_log(r"stopped: .*\b(\d+) accept pauses")[0][1])
        told = len(echod.find_log("cannot accept on|accepting again on"))
        assert pauses >= 199
        assert told + left_out(echod, "pauses in accepting") >= 2 * pauses - 1
        assert BURST <= told <= BURST + PER_SECOND * seconds + 1


# ---- who reads it; see test_log_faults.py for those who do not ----


def test_journal(backend):
    """Where stderr is the journal, lines begin with their priority, not with the time."""
    read_end, write_end = os.pipe()
    status = os.fstat(write_end)
    env = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
    args = ["-v", "-p", free_port()]
    with Echod(backend, args, env=env, stderr=write_end) as echod:
        os.close(write_end)
        echod.collect(open(read_end, "rb"))
        check_echo(echod.connect())
        echod.wait_log(r"^<6>listening on ")
        for client in echod.clients:
            client.close()
        echod.wait_log(r"^<6>closed .*\beof, 5 bytes")
        echod.wait_log(r"^<7>closed .*\beof, 0 bytes")
        assert len(echod.find_log(r"^<[3-7]>\w")) == len(echod.lines)


if __name__ == "__main__":
    main()
