"""Every byte comes back, in order, once: one connection, and many."""

import random
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from harness import (
    Echod,
    check_echo,
    fill,
    main,
    read_exactly,
    read_to_end,
    wait_until,
)


def send_in_odd_pieces(sock, data):
    sizes = random.Random(2)
    start = 0
    while start < len(data):
        size = sizes.choice([1, 7, 63, 1021, 4099, 65537, 262147, 1048573])
        sock.sendall(data[start : start + size])
        start += size


# ---- one connection ----


def test_64_mib_in_odd_pieces(backend):
    """Written and read at the same time."""
    data = memoryview(random.Random(1).randbytes(64 << 20))
    with Echod(backend) as echod, ThreadPoolExecutor() as threads:
        client = echod.connect()
        sender = threads.submit(send_in_odd_pieces, client, data)
        buffer = bytearray(262147)
        got = 0
        while got < len(data):
            n = client.recv_into(buffer)
            assert n > 0, f"FIN after {got} bytes"
            assert data[got : got + n] == memoryview(buffer)[:n], f"wrong after {got}"
            got += n
        sender.result()
        client.shutdown(socket.SHUT_WR)
        assert read_to_end(client) == b""


def test_half_close(backend):
    """After our FIN all comes back, and then FIN: here with megabytes in flight.

    There are several, so that what waits for one may not be mixed up with another's.
    """
    with Echod(backend) as echod:
        clients = [echod.connect() for _ in range(3)]
        sent = [fill(client) for client in clients]
        for client in clients:
            client.shutdown(socket.SHUT_WR)
        for client, data in zip(clients, sent):
            assert read_to_end(client) == data


def test_half_close_at_once(backend):
    with Echod(backend) as echod:
        client = echod.connect()
        client.shutdown(socket.SHUT_WR)
        assert read_to_end(client) == b""


def test_one_byte_pings(backend):
    with Echod(backend) as echod:
        client = echod.connect()
        for i in range(2000):
            check_echo(client, bytes([i % 256]))


def test_all_byte_values(backend):
    with Echod(backend) as echod:
        check_echo(echod.connect(), bytes(range(256)) * 3)


def test_urgent_data_is_in_band(backend):
    with Echod(backend) as echod:
        client = echod.connect()
        for data, flags in [(b"ab", 0), (b"!", socket.MSG_OOB), (b"cd", 0)]:
            client.send(data, flags)
        assert read_exactly(client, 5) == b"ab!cd"


def test_urgent_data_before_accept(backend):
    """Two urgent bytes that are there before the connection is accepted."""
    with Echod(backend) as echod:
        echod.pause()
        client = echod.connect()
        client.send(b"1", socket.MSG_OOB)
        client.send(b"2", socket.MSG_OOB)
        client.send(b"3")
        echod.resume()
        assert read_exactly(client, 3) == b"123"


# ---- many connections ----


def test_500_interleaved(backend):
    """All of them talk before any of them listens, each in another order."""
    order = random.Random(3)
    with Echod(backend) as echod:
        clients = [(echod.connect(), i) for i in range(500)]
        for turn in range(4):
            order.shuffle(clients)
            for client, i in clients:
                client.sendall(b"client %d turn %d" % (i, turn))
            order.shuffle(clients)
            for client, i in clients:
                expected = b"client %d turn %d" % (i, turn)
                assert read_exactly(client, len(expected)) == expected


def test_2500_at_once(backend):
    """More than an fd_set holds."""
    with Echod(backend, limits={"max_connections": 2500}) as echod:
        fds = echod.fds()
        clients = [echod.connect() for _ in range(2500)]
        for i, client in enumerate(clients):
            client.sendall(b"%d" % i)
        for i, client in enumerate(clients):
            expected = b"%d" % i
            assert read_exactly(client, len(expected)) == expected
        assert echod.fds() == fds + 2500
        for client in clients:
            client.close()
        wait_until(lambda: echod.fds() == fds, "all descriptors are closed")


def test_flood_beside_pinger(backend):
    """One that pings gets its turn beside two that send as fast as they can."""
    enough = threading.Event()

    def pour(sock):
        piece = bytes(1 << 20)
        while not enough.is_set():
            sock.sendall(piece)
        sock.shutdown(socket.SHUT_WR)

    def swallow(sock, number):
        buffer = bytearray(1 << 20)
        while n := sock.recv_into(buffer):
            swallowed[number] += n

    swallowed = [0, 0]
    with Echod(backend) as echod, ThreadPoolExecutor() as threads:
        pinger = echod.connect()
        floods = [echod.connect() for _ in swallowed]
        work = [threads.submit(swallow, sock, i) for i, sock in enumerate(floods)]
        work += [threads.submit(pour, sock) for sock in floods]
        pings, slowest = 0, 0
        try:
            while pings < 50 or min(swallowed) < 10 << 20:
                start = time.monotonic()
                check_echo(pinger, b"x")
                slowest = max(slowest, time.monotonic() - start)
                pings += 1
        finally:
            enough.set()
        for future in work:
            future.result()
        assert slowest < 3, f"a ping took {slowest:.1f} s"


if __name__ == "__main__":
    main()
