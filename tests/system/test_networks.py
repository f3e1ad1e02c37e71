"""Several addresses, interfaces, forged datagrams; see networks.py for where."""

import os
import socket
import struct
import sys
import time

from harness import PATIENCE, Echod, check_echo, main, wait_until
from networks import Far, connect_networks, in_new_network, lay_cable, run
from test_udp import check_datagram, dialled, statistics

PORT = 8000


@in_new_network
def test_answers_come_from_the_address_that_was_asked(backend):
    with Far(backend, listen=[f"udp:*:{PORT}"]):
        for host in ["10.9.0.1", "10.9.0.2", "fd09::1", "fd09::2"]:
            with dialled(host, PORT) as sock:
                check_datagram(sock)
                check_datagram(sock, os.urandom(65507))


def lay_second_cable(echod):
    """From `near2` to `far2`."""
    run(*"ip link add near2 type veth peer name far2 netns".split(), str(echod.pid))
    run(*"ip addr add 10.8.0.100/24 dev near2".split())
    run(*"ip link set near2 up".split())
    run(*echod.far, *"ip addr add 10.8.0.1/24 dev far2".split())
    run(*echod.far, *"ip link set far2 up".split())


def set_interface(name, what, value):
    with open(f"/proc/sys/net/ipv4/conf/{name}/{what}", "w", encoding="ascii") as setting:
        setting.write(str(value))


@in_new_network
def test_answers_go_the_way_that_the_routes_say(backend):
    """The question comes by one cable, and the answer has to take the other."""
    asker = "10.7.0.100"
    with Far(backend, listen=[f"0.0.0.0:{PORT}", f"udp:0.0.0.0:{PORT}"]) as echod:
        lay_second_cable(echod)
        run("ip", "addr", "add", asker, "dev", "lo")
        run(*echod.far, "ip", "route", "add", asker, "via", "10.8.0.100")
        set_interface("all", "rp_filter", 0)
        set_interface("near2", "rp_filter", 0)
        set_interface("near", "arp_ignore", 1)  # as if the asker were some routers away
        set_interface("near", "arp_announce", 2)
        check_echo(echod.connect("10.9.0.1", PORT, source=asker))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(PATIENCE)
            sock.bind((asker, 0))
            sock.connect(("10.9.0.1", PORT))
            check_datagram(sock)


@in_new_network
def test_a_host_asks_itself_by_any_of_its_addresses(backend):
    code = """if True:
        import socket
        for host in ["10.9.0.1", "10.9.0.2", "127.0.0.1", "fd09::2", "::1", "fe80::1%far"]:
            info = socket.getaddrinfo(host, 8000, type=socket.SOCK_DGRAM)[0]
            with socket.socket(*info[:3]) as sock:
                sock.settimeout(10)
                sock.connect(info[4])
                sock.send(b"hello")
                assert sock.recv(100) == b"hello", host
    """
    with Far(backend, listen=[f"udp:*:{PORT}"]) as echod:
        run(*echod.far, sys.executable, "-c", code)


@in_new_network
def test_addresses_that_come_later(backend):
    """echod is there before its network is."""
    listen = [f"10.9.0.2:{PORT}", f"[fd09::2]:{PORT}", f"udp:10.9.0.2:{PORT}"]
    with Far(backend, listen=listen) as echod:
        check_echo(echod.connect("10.9.0.2", PORT))
        check_echo(echod.connect("fd09::2", PORT))
        with dialled("10.9.0.2", PORT) as sock:
            check_datagram(sock)
        assert echod.try_connect("10.9.0.1", PORT) is None


def linked(kind):
    sock = socket.socket(socket.AF_INET6, kind)
    sock.settimeout(PATIENCE)
    sock.connect(("fe80::1", PORT, 0, socket.if_nametoindex("near")))
    return sock


@in_new_network
def test_link_local(backend):
    with Far(backend, listen=["127.0.0.1:0"]) as echod:
        echod.write_config(listen=[f"[fe80::1%far]:{PORT}", f"udp:[fe80::1%far]:{PORT}"])
        lines = "\n".join(echod.reload())
        assert f"listening on [fe80::1%far]:{PORT}" in lines, lines
        assert f"listening on udp:[fe80::1%far]:{PORT}" in lines, lines
        with linked(socket.SOCK_STREAM) as sock:
            check_echo(sock)
        echod.wait_log(r"closed \[fe80::100%far\]:\d+: eof")
        with linked(socket.SOCK_DGRAM) as sock:
            check_datagram(sock)
        assert echod.try_connect("fd09::1", PORT) is None


@in_new_network
def test_an_interface_that_comes_back(backend):
    """It is another one, which a reload finds."""
    listen = ["127.0.0.1:0", f"[fe80::1%far]:{PORT}", f"udp:[fe80::1%far]:{PORT}"]
    with Far(backend, listen=["127.0.0.1:0"]) as echod:
        echod.write_config(listen=listen)
        echod.reload()
        run("ip", "link", "delete", "near")
        run(*echod.far, "ip", "link", "add", "dummy", "type", "veth")  # takes the number
        connect_networks(echod, lay_cable)
        echod.reload()
        with linked(socket.SOCK_STREAM) as sock:
            check_echo(sock)
        with linked(socket.SOCK_DGRAM) as sock:
            check_datagram(sock)


@in_new_network
def test_what_goes_to_many_is_not_answered(backend):
    with Far(backend, listen=[f"udp:*:{PORT}"]) as echod:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as four:
            four.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            near = socket.if_nametoindex("near")
            group = struct.pack("4s4si", bytes(4), bytes(4), near)
            four.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, group)
            for host in ["10.9.0.255", "10.9.0.0", "224.0.0.1"]:
                four.sendto(b"hello", (host, PORT))
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as six:
                six.sendto(b"hello", ("ff02::1", PORT, 0, near))
                wait_until(lambda: statistics(echod)["received"] >= 3, "they have come")
                time.sleep(0.1)
                counts = statistics(echod)
                assert counts["broadcast"] == counts["received"], counts
                assert counts["answered"] == 0, counts


# ---- forged datagrams ----


def send_forged(source, target, data=b"ping"):
    """An IPv4 datagram that says it comes from (host, port) source."""
    udp = struct.pack("!HHHH", source[1], target[1], 8 + len(data), 0) + data
    ip = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, socket.IPPROTO_UDP, 0,
        socket.inet_aton(source[0]), socket.inet_aton(target[0]),
    )
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
        sock.sendto(ip + udp, (target[0], 0))


@in_new_network
def test_two_echods_do_not_echo_each_other_for_ever(backend):
    udp = {"rate_per_address": 100, "burst_per_address": 100}
    one = Echod(backend, listen=["udp:127.0.0.1:8001"], udp=udp)
    other = Echod(backend, listen=["udp:127.0.0.1:8002"], udp=udp)
    with one, other:
        for _ in range(20):
            send_forged(("127.0.0.1", 8001), ("127.0.0.1", 8002))
        time.sleep(1)
        before = time.monotonic(), statistics(one)["answered"], one.cpu_seconds()
        time.sleep(1)
        seconds = time.monotonic() - before[0]
        assert statistics(one)["answered"] - before[1] <= 100 * seconds + 2
        assert one.cpu_seconds() - before[2] < 0.2


@in_new_network
def test_forged_datagrams_are_dropped_for_their_reasons(backend):
    with Echod(backend, listen=[f"udp:127.0.0.1:{PORT}"]) as echod:
        to = ("127.0.0.1", PORT)
        for port in [0, PORT, 7, 53, 19, 100, 1023]:
            send_forged(("127.0.0.1", port), to)
        wait_until(lambda: statistics(echod)["received"] == 7, "all have come")
        counts = statistics(echod)
        assert counts["answered"] == 0, counts
        expected = {"port zero": 1, "own port": 1, "service": 3, "low port": 2}
        assert {k: v for k, v in counts.items() if v and k != "received"} == expected

        echod.write_config(listen=[f"udp:127.0.0.1:{PORT}"], udp={"allow_low_ports": True})
        echod.reload()
        with dialled("127.0.0.1", PORT, ("127.0.0.1", 100)) as sock:
            check_datagram(sock)
        send_forged(("127.0.0.1", 123), to)
        wait_until(lambda: statistics(echod)["service"] == 4, "a service stays one")


if __name__ == "__main__":
    main()
