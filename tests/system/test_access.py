"""Who is served, and how fast."""

import random
import signal
import time

from harness import (
    Echod,
    Skip,
    check_echo,
    free_port,
    has_ipv6,
    main,
    read_exactly,
    wait_until,
    was_refused,
)


def test_allow_and_deny(backend):
    access = {"allow": ["127.0.0.0/24"], "deny": ["127.0.0.9", "127.0.0.16/28"]}
    with Echod(backend, access=access) as echod:
        for last in [1, 8, 10, 15, 32]:
            check_echo(echod.connect(source=f"127.0.0.{last}"))
        for source in ["127.0.0.9", "127.0.0.16", "127.0.0.31", "127.0.1.1"]:
            assert was_refused(echod.connect(source=source))
        if has_ipv6():
            assert was_refused(echod.connect("::1", echod.port()))
        echod.wait_log(r"refused 127.0.0.9:\d+: denied \(access\)")
        echod.signal(signal.SIGUSR1)
        assert int(echod.wait_log(r"ended by .* denied (\d+)")[0][1]) == 4 + has_ipv6()


def test_rules_of_ipv6(backend):
    if not has_ipv6():
        raise Skip("no IPv6 here")
    with Echod(backend, access={"allow": ["::/64"]}) as echod:
        check_echo(echod.connect("::1", echod.port()))
        assert was_refused(echod.connect("127.0.0.1", echod.port()))


def test_reload_changes_the_rules(backend):
    """Of those who come; who is there stays."""
    with Echod(backend) as echod:
        client = echod.connect(source="127.0.0.9")
        check_echo(client)
        echod.write_config(access={"deny": ["127.0.0.9"]})
        echod.reload()
        assert was_refused(echod.connect(source="127.0.0.9"))
        check_echo(client)


def test_a_flood_of_refused_is_not_a_flood_of_lines(backend):
    with Echod(backend, access={"deny": ["127.0.0.9"]}) as echod:
        for _ in range(200):
            assert was_refused(echod.connect(source="127.0.0.9"))
        echod.wait_log(r"\d+ more about refused connections left out")
        assert len(echod.find_log("refused 127.0.0.9")) < 60


def test_accepts_per_second(backend):
    """What is over it waits, and is served in its turn, over all listeners."""
    port = free_port()
    listen = [f"127.0.0.1:{port}", f"127.0.0.2:{port}"]
    with Echod(backend, listen=listen, limits={"accepts_per_second": 20}) as echod:
        start = time.monotonic()
        clients = [echod.connect(f"127.0.0.{i % 2 + 1}", port) for i in range(20)]
        for client in clients:
            client.sendall(b"x")
        for client in clients:
            assert client.recv(1) == b"x"
        assert time.monotonic() - start > 17 / 20


def test_bytes_per_second(backend):
    """Smoothly, and each connection by itself."""
    with Echod(backend, limits={"bytes_per_second": 100_000}) as echod:
        data = random.randbytes(50_000)
        clients = [echod.connect() for _ in range(3)]
        start = time.monotonic()
        for client in clients:
            client.sendall(data)
        for quarter in range(4):
            for client in clients:
                piece = read_exactly(client, 12_500)
                assert piece == data[quarter * 12_500 : (quarter + 1) * 12_500]
            assert time.monotonic() - start > (quarter + 1) * 0.125 - 0.03
        check_echo(clients[0])


def test_max_lifetime(backend):
    """Silent or busy; what was sent comes back first."""
    with Echod(backend, limits={"max_lifetime": 0.5}) as echod:
        start = time.monotonic()
        silent, busy = echod.connect(), echod.connect()
        try:
            while True:
                check_echo(busy)
        except (EOFError, ConnectionError):
            pass
        assert 0.45 < time.monotonic() - start
        assert silent.recv(1) == b""
        busy.close()
        silent.close()
        echod.wait_log(r"closed .*: limit, \d+ bytes, 0\.")
        check_echo(echod.connect())


def test_processes_share_a_port(backend):
    options = {"listen": [f"127.0.0.1:{free_port()}"], "socket": {"reuse_port": True}}
    with Echod(backend, **options) as one, Echod(backend, **options) as other:
        def both_have_one():
            check_echo(one.connect())
            return all(x.fds() > idle for x, idle in before)

        before = [(x, x.fds()) for x in (one, other)]
        wait_until(both_have_one, "each has got a connection")


def test_an_address_that_is_not_there_yet(backend):
    with Echod(backend, listen=["192.0.2.1:0", "udp:192.0.2.1:0"]) as echod:
        assert [host for host, _ in echod.addresses] == ["192.0.2.1"]
        echod.wait_log(r"listening on udp:192\.0\.2\.1:\d+$")


def test_bad_reload_names_the_line(backend):
    with Echod(backend) as echod:
        echod.write_config_text('port = 0;\naccess: {\n allow = [ "10.0.0.0/33" ];\n};\n')
        lines = "\n".join(echod.reload())
        assert f'{echod.config}:3: access.allow: "10.0.0.0/33" is not an address' in lines
        check_echo(echod.connect())


if __name__ == "__main__":
    main()
