"""Datagrams."""

import random
import re
import signal
import socket
import time

from harness import Echod, PATIENCE, check_echo, free_port, has_ipv6, main, wait_until

SIZES = [0, 1, 1472, 1473, 9000, 65507]


def dialled(host, port, source=None):
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(PATIENCE)
    if source is not None:
        sock.bind(source)
    sock.connect((host, port))  # so it hears from there alone
    return sock


def check_datagram(sock, data=b"hello"):
    sock.send(data)
    assert sock.recv(70000) == data, "the echo is not what was sent"


def is_answered(sock):
    """Nothing comes for what was sent first, or else before what is sent now."""
    sock.send(b"first")
    sock.settimeout(0.3)
    try:
        return sock.recv(100) == b"first"
    except socket.timeout:
        return False


def statistics(echod):
    """{"received": 5, "answered": 3, "rate": 2...}"""
    start = len(echod.lines)
    echod.signal(signal.SIGUSR1)
    line = echod.wait_log(r"udp: (.*)", start)[0][1]
    counts = {k: int(v) for k, v in re.findall(r"([a-z][a-z ]*) (\d+)(?:,|$)", line)}
    counts["received"], counts["answered"] = map(
        int, re.match(r"(\d+) datagrams received, (\d+) answered", line).groups()
    )
    return counts


def test_every_size_comes_back(backend):
    port = free_port()
    with Echod(backend, listen=[f"udp:*:{port}"]):
        for host in ["127.0.0.1", "127.0.0.77"] + ["::1"] * has_ipv6():
            with dialled(host, port) as sock:
                for size in SIZES + [65527] * (":" in host):
                    check_datagram(sock, random.randbytes(size))


def test_tcp_and_udp_on_one_port(backend):
    port = free_port()
    with Echod(backend, listen=[f"127.0.0.1:{port}", f"udp:127.0.0.1:{port}"]) as echod:
        check_echo(echod.connect())
        with dialled("127.0.0.1", port) as sock:
            check_datagram(sock)


def test_off_unless_listed(backend):
    with Echod(backend) as echod:
        with dialled("127.0.0.1", echod.port()) as sock:
            sock.send(b"hello")
            try:
                sock.recv(100)
                assert False, "somebody is there"
            except ConnectionRefusedError:
                pass


def test_a_burst_is_answered_in_batches(backend):
    """What waits in the socket when it wakes is answered, to each peer its own."""
    port = free_port()
    with Echod(backend, listen=[f"udp:127.0.0.1:{port}"]) as echod:
        echod.pause()
        socks = [dialled("127.0.0.1", port) for _ in range(100)]
        for number, sock in enumerate(socks):
            sock.send(b"%d" % number)
        echod.resume()
        for number, sock in enumerate(socks):
            assert sock.recv(100) == b"%d" % number
            sock.close()


def test_dangerous_ports(backend):
    port = free_port()
    with Echod(backend, listen=[f"udp:127.0.0.1:{port}", f"udp:127.0.0.1:{port + 1}"]) as echod:
        for source in [1900, 5353, 11211]:
            with dialled("127.0.0.1", port, ("127.0.0.8", source)) as sock:
                assert not is_answered(sock)
        for source in [port, port + 1]:
            with dialled("127.0.0.1", port, ("127.0.0.8", source)) as sock:
                assert not is_answered(sock)
        counts = statistics(echod)
        assert counts["service"] == 3 and counts["own port"] == 2, counts
        with dialled("127.0.0.1", port, ("127.0.0.8", port + 2)) as sock:
            check_datagram(sock)


def test_broadcast(backend):
    port = free_port()
    with Echod(backend, listen=[f"udp:*:{port}"]) as echod:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            sock.sendto(b"hello", ("127.255.255.255", port))
            wait_until(lambda: statistics(echod)["broadcast"] == 1, "it is counted")


def test_rate_per_address(backend):
    port = free_port()
    udp = {"rate_per_address": 10, "burst_per_address": 20}
    with Echod(backend, listen=[f"udp:*:{port}"], udp=udp) as echod:
        with dialled("127.0.0.1", port, ("127.0.0.2", 0)) as sock:
            for _ in range(100):
                sock.send(b"x")
            wait_until(lambda: statistics(echod)["received"] == 100, "all have come")
            answered = statistics(echod)["answered"]
            assert 20 <= answered <= 30, answered
            assert statistics(echod)["rate"] == 100 - answered
        with dialled("127.0.0.1", port, ("127.0.0.3", 0)) as sock:
            check_datagram(sock)

        echod.write_config(listen=[f"udp:*:{port}"], udp={"rate_per_address": 0})
        echod.reload()
        with dialled("127.0.0.1", port, ("127.0.0.2", 0)) as sock:
            for _ in range(50):
                check_datagram(sock)


def test_access(backend):
    port = free_port()
    access = {"allow": ["127.0.0.0/24"], "deny": ["127.0.0.9"]}
    with Echod(backend, listen=[f"udp:127.0.0.1:{port}"], access=access) as echod:
        for source, answered in [("127.0.0.8", True), ("127.0.0.9", False), ("127.0.1.1", False)]:
            with dialled("127.0.0.1", port, (source, 0)) as sock:
                assert is_answered(sock) == answered
        assert statistics(echod)["denied"] == 2
        assert len(echod.find_log(r"dropped .* from udp:127.0.0.9:\d+: denied")) == 1


def test_peers_that_go_away_do_no_harm(backend):
    """Their kernel says so by ICMP, which is for nobody here."""
    port = free_port()
    with Echod(backend, listen=[f"udp:127.0.0.1:{port}"]) as echod:
        for _ in range(50):
            with dialled("127.0.0.1", port) as sock:
                sock.send(b"hello")
        wait_until(lambda: statistics(echod)["received"] == 50, "all have come")
        assert statistics(echod)["answered"] == 50
        with dialled("127.0.0.1", port) as sock:
            check_datagram(sock)


def test_it_sleeps_when_nothing_comes(backend):
    port = free_port()
    with Echod(backend, listen=[f"udp:127.0.0.1:{port}"]) as echod:
        with dialled("127.0.0.1", port) as sock:
            check_datagram(sock)
            time.sleep(0.1)
            before, sleeps = echod.cpu_seconds(), echod.sleeps()
            time.sleep(0.5)
            assert echod.cpu_seconds() - before <= 0.02
            assert echod.sleeps() - sleeps < 10


def test_reload_adds_and_removes(backend):
    port = free_port()
    both = [f"127.0.0.1:{port}", f"udp:127.0.0.1:{port}"]
    with Echod(backend, listen=both[:1]) as echod:
        client = echod.connect()
        check_echo(client)
        echod.write_config(listen=both)
        echod.reload()
        with dialled("127.0.0.1", port) as sock:
            check_datagram(sock)
        check_echo(client)
        echod.write_config(listen=both[:1])
        assert any(f"no longer listening on udp:127.0.0.1:{port}" in x for x in echod.reload())
        check_echo(client)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            wait_until(lambda: try_bind(sock, port), "the port is free")


def try_bind(sock, port):
    try:
        sock.bind(("127.0.0.1", port))
        return True
    except OSError:
        return False


def test_port_in_use(backend):
    port = free_port()
    with Echod(backend, listen=[f"127.0.0.1:{port}"]) as echod:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", port))
            echod.write_config(listen=[f"127.0.0.1:{port}", f"udp:127.0.0.1:{port}"])
            lines = "\n".join(echod.reload())
            assert f"cannot listen on udp:127.0.0.1:{port}: Address already in use" in lines
        check_echo(echod.connect())


def test_what_has_come_is_answered_at_the_end(backend):
    port = free_port()
    with Echod(backend, listen=[f"udp:127.0.0.1:{port}"]) as echod:
        echod.pause()
        with dialled("127.0.0.1", port) as sock:
            for number in range(50):
                sock.send(b"%d" % number)
            echod.signal(signal.SIGTERM)
            echod.resume()
            for number in range(50):
                assert sock.recv(100) == b"%d" % number


def test_each_listener_is_in_the_statistics(backend):
    port = free_port()
    listen = [f"127.0.0.1:{port}", f"udp:127.0.0.1:{port}"]
    with Echod(backend, listen=listen) as echod:
        check_echo(echod.connect())
        with dialled("127.0.0.1", port) as sock:
            check_datagram(sock)
        echod.signal(signal.SIGUSR1)
        echod.wait_log(rf"listener 127.0.0.1:{port}: 1 accepted$")
        echod.wait_log(rf"listener udp:127.0.0.1:{port}: 1 datagrams received, 1 answered$")


if __name__ == "__main__":
    main()
