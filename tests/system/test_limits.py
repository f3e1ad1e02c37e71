"""More connections than there may be, and than there can be."""

import random
import resource
import time

from harness import (
    Echod,
    check_echo,
    fill,
    main,
    read_exactly,
    read_to_end,
    reset,
    wait_until,
    was_refused,
)


def test_max_connections(backend):
    """One more is closed at once; a place that becomes free is given away again."""
    with Echod(backend, limits={"max_connections": 3}) as echod:
        clients = [echod.connect() for _ in range(3)]
        for client in clients:
            check_echo(client)
        for _ in range(5):
            assert was_refused(echod.connect())
        for client in clients:
            check_echo(client)

        clients[1].shutdown(1)
        assert read_to_end(clients[1]) == b""
        check_echo(echod.connect())
        assert was_refused(echod.connect())


def test_max_connections_per_address(backend):
    limits = {"max_connections_per_address": 2}
    with Echod(backend, limits=limits) as echod:
        two = [echod.connect(source="127.0.0.2") for _ in range(2)]
        for client in two:
            check_echo(client)
        assert was_refused(echod.connect(source="127.0.0.2"))
        check_echo(echod.connect(source="127.0.0.3"))
        check_echo(echod.connect(source="127.0.0.3"))
        assert was_refused(echod.connect(source="127.0.0.3"))

        two[0].shutdown(1)
        assert read_to_end(two[0]) == b""
        check_echo(echod.connect(source="127.0.0.2"))
        assert was_refused(echod.connect(source="127.0.0.2"))
        check_echo(two[1])


def test_limit_counts_until_closed(backend):
    """A connection that lingers still has its place: a limit is one of descriptors."""
    with Echod(
        backend, limits={"max_connections": 1}, timeouts={"idle": 0.2}
    ) as echod:
        first = echod.connect()
        assert first.recv(1) == b"", "idle, and now it waits for our FIN"
        assert was_refused(echod.connect())
        first.close()
        wait_until(lambda: not was_refused_now(echod), "its place is given back")


def was_refused_now(echod):
    client = echod.connect()
    try:
        check_echo(client)
        return False
    except (EOFError, ConnectionError):
        return True


def test_out_of_descriptors(backend):
    """No more descriptors: the others wait, without costing anything, for their turn."""
    with Echod(backend) as echod:
        room = 10
        most = echod.fds() + room
        resource.prlimit(echod.pid, resource.RLIMIT_NOFILE, (most, most))
        clients = [echod.connect() for _ in range(room + 20)]
        for i, client in enumerate(clients):
            client.sendall(b"%02d" % i)
        for i, client in enumerate(clients[:room]):
            assert read_exactly(client, 2) == b"%02d" % i
        echod.wait_log("cannot accept on .*: Too many open files")

        cpu = echod.cpu_seconds()
        time.sleep(2.5)
        spent = echod.cpu_seconds() - cpu
        assert spent < 0.5, f"{spent} s of CPU time while there was nothing to do"
        assert len(echod.find_log("cannot accept")) == 1, "once for each episode"
        assert echod.fds() == most
        check_echo(clients[0])

        # Each place is given away when it becomes free, not at the next try later.
        start = time.monotonic()
        for i in range(20):
            clients[i].close()
            assert read_exactly(clients[i + room], 2) == b"%02d" % (i + room)
        assert time.monotonic() - start < 10
        for client in clients:
            client.close()
        wait_until(lambda: echod.fds() == most - room, "all descriptors are closed")
        check_echo(echod.connect())
        echod.wait_log("accepting again")


def test_3000_resets(backend):
    """Broken off in every state there is, and no descriptor is left behind."""
    what = random.Random(4)
    with Echod(backend) as echod:
        fds = echod.fds()
        for i in range(3000):
            client = echod.connect()
            if what.random() < 0.7:
                client.sendall(bytes(what.choice([1, 1000, 100_000])))
            if what.random() < 0.3:
                client.sendall(b"x")
                client.recv(1)
            if i % 300 == 0:
                fill(client)
            reset(client)
        wait_until(lambda: echod.fds() == fds, "all descriptors are closed")
        check_echo(echod.connect())


if __name__ == "__main__":
    main()
