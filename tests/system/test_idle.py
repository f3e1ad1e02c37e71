"""timeouts.idle, and the rest of a daemon that has nothing to do."""

import socket
import time

from harness import (
    Echod,
    check_echo,
    fill,
    main,
    read_to_end,
    reset,
    wait_until,
)

LATE = 10  # seconds: far from on time, even for a busy machine


def check_closed_on_time(client, start, idle):
    """FIN comes, not RST, and not before its time."""
    assert read_to_end(client) == b""
    assert idle <= time.monotonic() - start < LATE


def test_silent_from_the_start(backend):
    with Echod(backend, timeouts={"idle": 0.3}) as echod:
        start = time.monotonic()
        check_closed_on_time(echod.connect(), start, 0.3)


def test_silent_after_speaking(backend):
    with Echod(backend, timeouts={"idle": 0.3}) as echod:
        client = echod.connect()
        for _ in range(3):
            time.sleep(0.1)
            start = time.monotonic()
            check_echo(client)
        check_closed_on_time(client, start, 0.3)


def test_each_has_its_own_time(backend):
    """A silent one is closed while others that came before and after it talk on."""
    with Echod(backend, timeouts={"idle": 1}) as echod:
        before, silent, after = (echod.connect() for _ in range(3))
        start = time.monotonic()
        silent.settimeout(0.05)
        while True:
            check_echo(before)
            check_echo(after)
            try:
                assert silent.recv(1) == b""
                break
            except socket.timeout:
                assert time.monotonic() - start < LATE
        check_echo(before)
        check_echo(after)


def test_what_came_while_it_stood_still(backend):
    """Their time is up as soon as it goes on, but they have not been silent."""
    with Echod(backend, timeouts={"idle": 2}) as echod:
        clients = [echod.connect() for _ in range(300)]  # more than events at a time
        for client in clients:
            check_echo(client)
        echod.pause()
        for client in clients:
            client.sendall(b"here I am")
        time.sleep(2.2)
        echod.resume()
        for client in clients:
            assert client.recv(100) == b"here I am"


def test_sends_but_never_reads(backend):
    """It goes on sending, but takes none of its bytes back: that is silence, too."""
    with Echod(backend, timeouts={"idle": 0.5}) as echod:
        fds = echod.fds()
        client = echod.connect(receive_buffer=4096)
        port = client.getsockname()[1]
        start = time.monotonic()
        try:
            while True:
                client.send(bytes(100_000))
        except ConnectionError:
            assert 0.5 <= time.monotonic() - start < LATE
        echod.wait_log(rf"127\.0\.0\.1:{port}\b.*\bidle\b")
        assert echod.fds() == fds
        check_echo(echod.connect())


def test_slow_reader_lives_on(backend):
    """Slow is not stalled: as long as bytes move, it is not idle."""
    with Echod(backend, timeouts={"idle": 1}) as echod:
        client = echod.connect(receive_buffer=4096)
        sent = fill(client)
        got = b""
        end = time.monotonic() + 2
        while time.monotonic() < end:
            got += client.recv(8192)
            time.sleep(0.02)
        assert len(got) < len(sent) // 2, "it was not slow"
        client.shutdown(socket.SHUT_WR)
        assert got + read_to_end(client) == sent


def test_traffic_keeps_alive(backend):
    with Echod(backend, timeouts={"idle": 1}) as echod:
        client = echod.connect()
        end = time.monotonic() + 1.8
        while time.monotonic() < end:
            check_echo(client)
            time.sleep(0.1)


def test_idle_0_is_never(backend):
    with Echod(backend, timeouts={"idle": 0}) as echod:
        client = echod.connect()
        check_echo(client)
        client.settimeout(1)
        try:
            assert False, f"it got {client.recv(1)!r}"
        except socket.timeout:
            pass
        client.settimeout(LATE)
        check_echo(client)


def test_late_words_are_taken(backend):
    """After our FIN what the peer still sends meets no RST: it waits for its FIN."""
    with Echod(backend, timeouts={"idle": 0.2}) as echod:
        client = echod.connect()
        assert client.recv(1) == b""
        for _ in range(3):
            client.sendall(bytes(1000))
        assert client.recv(1) == b""


def test_silence_is_broken_by_reset(backend):
    """A peer that resets in the goodbye is no trouble."""
    with Echod(backend, timeouts={"idle": 0.1}) as echod:
        fds = echod.fds()
        clients = [echod.connect() for _ in range(20)]
        for client in clients:
            assert client.recv(1) == b""
            reset(client)
        wait_until(lambda: echod.fds() == fds, "all descriptors are closed")


def check_sleeps(echod):
    """It goes to sleep and stays asleep.

    A moment after the last event it still has its figures to report.
    """
    for _ in range(4):
        before = echod.sleeps()
        time.sleep(1.5)
        if echod.sleeps() == before:
            return
    assert False, "it does not go to sleep"


def test_idle_daemon_does_not_wake_up(backend):
    """Neither without connections nor with silent ones."""
    with Echod(backend) as echod:
        check_sleeps(echod)
        for _ in range(10):
            check_echo(echod.connect())
        check_sleeps(echod)


if __name__ == "__main__":
    main()
