"""Memory: what echod(8) says that it takes at most is what it takes."""

import re
import resource
import time

from harness import (
    ECHOD,
    Echod,
    Skip,
    check_echo,
    is_sanitized,
    main,
    read_exactly,
    wait_until,
    was_refused,
)

BUFFER = 65536  # limits.buffer_size
PEERS = 100
CONNECTION = 256  # bytes; this and what follows as in MEMORY of echod(8)
OVERHEAD = 4096  # of malloc(3), for an allocation of some pages


def check_build():
    if is_sanitized():
        raise Skip("most of the memory is the sanitizer's")


def anonymous(echod):
    """Bytes of memory that are its own."""
    with open(f"/proc/{echod.pid}/status", encoding="utf-8") as file:
        return 1024 * int(re.search(r"\nRssAnon:\s*(\d+) kB", file.read())[1])


def heap(echod):
    """Bytes in use of the memory that malloc(3) shares out."""
    with open(f"/proc/{echod.pid}/smaps", encoding="utf-8") as file:
        mapping = file.read().partition("[heap]\n")[2]
    return 1024 * int(re.search(r"Rss:\s*(\d+) kB", mapping)[1])


def grown(echod, before):
    return anonymous(echod) - before


def warm_up(echod):
    """Touch what it needs anyway: the shared buffer, its tables, its log."""
    client = echod.connect()
    data = bytes(4 * BUFFER)
    client.sendall(data)
    read_exactly(client, len(data))
    client.close()
    wait_until(lambda: echod.find_log("closed"), "it is closed")


def test_start(backend):
    """Large blocks are not in the heap, where they would be touched to be zeroed."""
    check_build()
    with Echod(backend) as echod:
        print(f"# heap at start: {heap(echod)} bytes")
        assert heap(echod) <= 64 * 1024


def test_stuck_peers(backend):
    """They send and never read: each costs one buffer, and goes when they go."""
    check_build()
    limits = {"buffer_size": BUFFER, "max_connections": PEERS + 10}
    with Echod(backend, limits=limits) as echod:
        warm_up(echod)
        before = anonymous(echod)
        peers = [echod.connect(receive_buffer=4096) for _ in range(PEERS)]
        stuff(peers)
        most = PEERS * (CONNECTION + BUFFER + OVERHEAD) + 256 * 1024
        now = grown(echod, before)
        print(f"# {PEERS} stuck peers: {now} bytes, at most {most}")
        assert now <= most
        assert now >= PEERS * BUFFER / 8, "they were not stuck"

        for peer in peers:
            peer.close()
        wait_until(lambda: grown(echod, before) < most / 10, "memory is given back")


def stuff(peers):
    """Send on all of them until nothing more goes."""
    piece = bytes(1 << 20)
    for peer in peers:
        peer.setblocking(False)
    quiet = 0
    while quiet < 3:
        sent = 0
        for peer in peers:
            try:
                sent += peer.send(piece)
            except (BlockingIOError, ConnectionError):
                pass
        quiet = 0 if sent else quiet + 1
        time.sleep(0.1)


def test_idle_peers(backend):
    """A connection at rest is its struct, its timer and its place, and nothing else."""
    check_build()
    with Echod(backend, limits={"max_connections": 1100}) as echod:
        warm_up(echod)
        before = anonymous(echod)
        for _ in range(1000):
            client = echod.connect()
            client.sendall(b"x")
            assert client.recv(1) == b"x"
        now = grown(echod, before)
        print(f"# 1000 idle peers: {now} bytes")
        assert now <= 1000 * CONNECTION + 256 * 1024


def test_crowd_gone(backend):
    """What only a crowd needed is given back, its places too."""
    check_build()
    with Echod(backend, limits={"max_connections": 4000}) as echod:
        warm_up(echod)
        before = anonymous(echod)
        clients = [echod.connect() for _ in range(4000)]
        for client in clients:
            check_echo(client, b"x")
        assert grown(echod, before) > 4000 * CONNECTION / 2
        for client in clients:
            client.close()
        wait_until(lambda: grown(echod, before) <= 64 * 1024, "memory is given back")
        print(f"# kept of 4000 peers: {grown(echod, before)} bytes")


def virtual(echod):
    """Bytes of its address space, which RLIMIT_AS limits, in use."""
    with open(f"/proc/{echod.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def is_served(client):
    try:
        check_echo(client)
        return True
    except (EOFError, ConnectionError):
        return False


def test_out_of_memory(backend):
    """A connection there is no memory for is the only one that suffers."""
    check_build()
    with Echod(backend, limits={"max_connections": 5000}) as echod:
        old, *greedy = [echod.connect() for _ in range(9)]
        for client in [old, *greedy]:
            check_echo(client)
        _, most = resource.prlimit(echod.pid, resource.RLIMIT_AS)
        resource.prlimit(echod.pid, resource.RLIMIT_AS, (virtual(echod), most))

        # Some find room in what is allocated already, until nothing is left.
        crowd = [echod.connect()]
        while is_served(crowd[-1]) and len(crowd) < 4000:
            crowd.append(echod.connect())
        assert was_refused(echod.connect())
        crowd.pop()
        echod.wait_log(r"(refused|closed) .*: error.*Cannot allocate memory")

        # Those that do not read need memory for what they are owed.
        stuff(greedy)
        echod.wait_log(r"closed .*: error: Cannot allocate memory, [1-9]\d* bytes")

        for client in [old, *crowd]:
            check_echo(client, bytes(1000))
        resource.prlimit(echod.pid, resource.RLIMIT_AS, (most, most))
        check_echo(echod.connect())
        for client in [old, *crowd]:
            check_echo(client)


if __name__ == "__main__":
    main()
