"""How it starts, and how it ends."""

import os
import re
import signal
import socket
import subprocess
import time

from harness import (
    Echod,
    Skip,
    check_echo,
    fill,
    free_port,
    has_ipv6,
    main,
    read_exactly,
    read_to_end,
    run_echod,
    wait_until,
)

LATE = 10  # seconds: far from at once, even for a busy machine


def stop_listening(echod, number=signal.SIGTERM):
    """Tell it to end, and wait until it has begun to."""
    echod.signal(number)
    wait_until(lambda: echod.try_connect() is None, "it no longer listens")


# ---- start ----


def test_port_0_is_the_same_in_both_families(backend):
    if not has_ipv6():
        raise Skip("no IPv6 on this machine")
    with Echod(backend) as echod:
        hosts, ports = zip(*echod.addresses)
        assert sorted(hosts) == ["0.0.0.0", "::"]
        assert ports[0] == ports[1] > 0
        check_echo(echod.connect("127.0.0.1"))
        check_echo(echod.connect("::1"))


def test_listen_on_named_addresses_only(backend):
    listen = ["127.0.0.2:0", "[::1]:0"] if has_ipv6() else ["127.0.0.2:0"]
    with Echod(backend, listen=listen) as echod:
        for host, port in echod.addresses:
            check_echo(echod.connect(host, port))
        port = dict(echod.addresses)["127.0.0.2"]
        assert echod.try_connect("127.0.0.1", port) is None


def test_port_in_use(backend):
    with Echod(backend, listen=["127.0.0.1:0"]) as echod:
        echod.settings = {"listen": [f"127.0.0.1:{echod.port()}"]}
        echod.write_config(**echod.settings)
        second = run_echod("-c", echod.config)
        assert second.returncode == 69
        assert f"127.0.0.1:{echod.port()}" in second.stderr
        assert run_echod("-p", echod.port()).returncode == 69


def test_too_few_descriptors_to_start():
    for few in [5, 6]:
        done = run_echod("-p", 0, shell=f"ulimit -n {few}")
        assert done.returncode == 71
        assert re.search("error: cannot .*: Too many open files", done.stderr)


def test_closed_descriptors_at_start(backend):
    """With 0 to 2 closed they become /dev/null, and no client gets the log."""
    args = ["-v", "-p", free_port()]
    with Echod(backend, args, "exec <&- >&- 2>&-", stderr=subprocess.DEVNULL) as echod:
        for fd in range(3):
            assert os.readlink(f"/proc/{echod.pid}/fd/{fd}") == "/dev/null"
        clients = [echod.connect() for _ in range(5)]
        for client in clients:
            client.sendall(b"hello")
            client.shutdown(socket.SHUT_WR)
            assert read_to_end(client) == b"hello"


# ---- TERM ----


def test_term_without_connections(backend):
    with Echod(backend, timeouts={"drain": 60}) as echod:
        start = time.monotonic()
        echod.signal(signal.SIGTERM)
        assert echod.wait_exit() == 0
        assert time.monotonic() - start < LATE


def test_int_is_term(backend):
    with Echod(backend) as echod:
        echod.signal(signal.SIGINT)
        assert echod.wait_exit() == 0


def test_term_loses_nothing_in_flight(backend):
    """Megabytes are under way in both directions; all come back, and then FIN."""
    with Echod(backend) as echod:
        clients = [echod.connect() for _ in range(4)]
        sent = [fill(client) for client in clients]
        clients[0].shutdown(socket.SHUT_WR)
        stop_listening(echod)
        for client, data in zip(clients, sent):
            assert read_to_end(client) == data
            client.close()
        assert echod.wait_exit() == 0


def test_term_serves_what_just_arrived(backend):
    """Requests, and connections with requests, that came in the same moment as TERM.

    There are more than are accepted in one turn of the loop.
    """
    with Echod(backend) as echod:
        old, silent = echod.connect(), echod.connect()
        check_echo(old)
        echod.pause()
        new = [echod.connect() for _ in range(150)]
        old.sendall(b"the last one")
        for i, client in enumerate(new):
            client.sendall(b"%03d" % i)
        echod.signal(signal.SIGTERM)
        echod.resume()
        assert read_exactly(old, 12) == b"the last one"
        for i, client in enumerate(new):
            assert read_exactly(client, 3) == b"%03d" % i
        for client in [old, silent, *new]:
            assert client.recv(1) == b"", "then FIN, after a moment of silence"


def test_term_ends_silent_connections_soon(backend):
    """Not after their idle limit, nor after the drain time: after a moment."""
    with Echod(backend, timeouts={"drain": 60}) as echod:
        clients = [echod.connect() for _ in range(10)]
        for client in clients:
            check_echo(client)
        start = time.monotonic()
        echod.signal(signal.SIGTERM)
        for client in clients:
            assert client.recv(1) == b""
            client.close()
        assert 0.1 <= time.monotonic() - start
        assert echod.wait_exit() == 0
        assert time.monotonic() - start < LATE


def test_drain_time_ends_the_rest(backend):
    """One never reads and one never stops: both are cut off when the time is up."""
    with Echod(backend, timeouts={"drain": 1}) as echod:
        stuck, talker = echod.connect(), echod.connect()
        fill(stuck)
        start = time.monotonic()
        echod.signal(signal.SIGTERM)
        try:
            while True:
                check_echo(talker)
        except (EOFError, ConnectionError):
            pass
        assert echod.wait_exit() == 0
        assert 1 <= time.monotonic() - start < LATE


def test_second_term_ends_at_once(backend):
    with Echod(backend, timeouts={"drain": 60}) as echod:
        fill(echod.connect())
        stop_listening(echod)
        assert echod.process.poll() is None, "it waits for the one that is stuck"
        start = time.monotonic()
        echod.signal(signal.SIGTERM)
        assert echod.wait_exit() == 0
        assert time.monotonic() - start < LATE


def test_reload_while_ending_is_ignored(backend):
    with Echod(backend, timeouts={"drain": 60}) as echod:
        client = echod.connect()
        sent = fill(client)
        stop_listening(echod)
        echod.signal(signal.SIGHUP)
        echod.signal(signal.SIGUSR1)
        echod.wait_log("statistics")
        assert echod.try_connect() is None
        assert read_to_end(client) == sent


# ---- other signals ----


def test_pipe_is_ignored(backend):
    with Echod(backend) as echod:
        client = echod.connect()
        check_echo(client)
        echod.signal(signal.SIGPIPE)
        check_echo(client)
        check_echo(echod.connect())


if __name__ == "__main__":
    main()
