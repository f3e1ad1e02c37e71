"""Under a service manager: what it is told, and the sockets that it hands over.

The test is the manager.  tests/systemd has the real one, where it can be booted.
"""

import os
import re
import resource
import secrets
import signal
import socket
import sys
import tempfile
import time

from harness import (
    ECHOD,
    PATIENCE,
    Echod,
    Skip,
    check_echo,
    has_ipv6,
    main,
    read_to_end,
    run_echod,
    wait_until,
)

# Arguments: the descriptors, and the command that they are for.
HAND_OVER = """
import fcntl, os, sys
given = [int(fd) for fd in sys.argv[1].split()]
high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for fd in given]
for fd in given:
    os.close(fd)
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i)
    os.close(fd)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(high)))
os.execvp(sys.argv[2], sys.argv[2:])
"""


def handing_over(sockets):
    """A line of shell that starts a command with these sockets."""
    fds = " ".join(str(sock.fileno()) for sock in sockets)
    return f"""exec '{sys.executable}' -c '{HAND_OVER}' '{fds}' "$0" "$@" """


def check_build():
    with open(ECHOD, "rb") as file:
        if b"sd_listen_fds" not in file.read():
            raise Skip("this echod is built without libsystemd")


class Service(Echod):
    """An echod and its service manager; ready when the manager has been told so."""

    def __init__(self, backend, sockets=(), env=None, **settings):
        check_build()
        name = f"echod-test-{secrets.token_hex(8)}"
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind("\0" + name)
        self.manager.settimeout(PATIENCE)
        super().__init__(
            backend,
            shell=handing_over(sockets) if sockets else "",
            env={"NOTIFY_SOCKET": "@" + name, **(env or {})},
            pass_fds=[sock.fileno() for sock in sockets],
            **settings,
        )

    def __exit__(self, *args):
        super().__exit__(*args)
        self.manager.close()

    def wait_addresses(self, start=0, count=None):
        self.first_words = self.told()
        assert "READY" in self.first_words, self.first_words
        self.signal(signal.SIGUSR1)
        self.wait_log("statistics")  # and so all that was logged before is here
        return super().wait_addresses(start, count=0)

    def told(self, *but):
        """The next thing the manager is told, as a dict, without those of some names."""
        while True:
            lines = self.manager.recv(4096).decode().splitlines()
            told = dict(line.split("=", 1) for line in lines)
            if not told.keys() & set(but):
                return told


# ---- what it is told ----


def test_ready_is_told_when_it_listens(backend):
    with Service(backend, listen=["127.0.0.1:0"]) as echod:
        status = "0 connections, 0 bytes echoed, 0 refused"
        assert echod.first_words == {"READY": "1", "STATUS": status}
        (match,) = echod.wait_log(r"listening on 127.0.0.1:(\d+)$")
        check_echo(echod.connect("127.0.0.1", int(match[1])))


def test_status_follows_what_happens(backend):
    with Service(backend, listen=["127.0.0.1:0"]) as echod:
        (match,) = echod.wait_log(r"listening on 127.0.0.1:(\d+)$")
        check_echo(echod.connect("127.0.0.1", int(match[1])), b"hello")
        assert echod.told() == {"STATUS": "1 connection, 5 bytes echoed, 0 refused"}


def test_reload_is_told_from_begin_to_end(backend):
    with Service(backend) as echod:
        before = time.monotonic_ns() // 1000
        echod.reload()
        told = echod.told()
        assert told["RELOADING"] == "1"
        assert before <= int(told["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
        told = echod.told()
        assert told["READY"] == "1"
        assert told["STATUS"].startswith("0 connections")

        echod.write_config_text("port = ;\n")
        echod.reload()
        assert "RELOADING" in echod.told()
        told = echod.told()
        assert told["READY"] == "1"
        assert told["STATUS"].startswith("The last reload failed, see the log; ")


def test_end_is_told_with_the_time_it_may_take(backend):
    with Service(backend, timeouts={"drain": 7}) as echod:
        echod.signal(signal.SIGTERM)
        assert echod.told() == {"STOPPING": "1", "EXTEND_TIMEOUT_USEC": "12000000"}


def test_signs_of_life(backend):
    """Twice as often as they are wanted, and none while it stands still."""
    with Service(backend, env={"WATCHDOG_USEC": "400000"}) as echod:
        assert echod.told() == {"WATCHDOG": "1"}
        start = time.monotonic()
        for _ in range(5):
            assert echod.told() == {"WATCHDOG": "1"}
        assert time.monotonic() - start > 0.9

        echod.pause()
        echod.manager.settimeout(1)
        try:
            told = [echod.told() for _ in range(3)]
            raise AssertionError(f"it stands still and says {told}")
        except socket.timeout:
            pass
        echod.manager.settimeout(PATIENCE)
        echod.resume()
        assert echod.told() == {"WATCHDOG": "1"}


def test_signs_of_life_need_no_new_descriptor(backend):
    """Or a server that is full would be taken for one that hangs, and killed."""
    env = {"WATCHDOG_USEC": "200000"}
    with Service(backend, listen=["127.0.0.1:0"], env=env) as echod:
        most = echod.fds() + 1
        resource.prlimit(echod.pid, resource.RLIMIT_NOFILE, (most, most))
        (match,) = echod.wait_log(r"listening on 127.0.0.1:(\d+)$")
        clients = [echod.connect("127.0.0.1", int(match[1])) for _ in range(2)]
        echod.wait_log("cannot accept on .*: Too many open files")
        echod.told("WATCHDOG")  # the status, of when it was full already
        assert echod.told() == {"WATCHDOG": "1"}
        check_echo(clients[0])


def test_a_manager_at_a_path(backend):
    check_build()
    with tempfile.TemporaryDirectory(prefix="echod-test-") as folder:
        path = f"{folder}/notify"
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind(path)
        manager.settimeout(PATIENCE)
        with manager, Echod(backend, env={"NOTIFY_SOCKET": path}):
            assert manager.recv(512).startswith(b"READY=1\n")


def test_no_name_of_a_manager(backend):
    for name in ["", "/", "relative", "@" + 108 * "x"]:
        with Echod(backend, env={"NOTIFY_SOCKET": name}) as echod:
            check_echo(echod.connect())


def test_a_manager_that_does_not_read(backend):
    """It does not stop the server, and is told again when it reads."""
    with open("/proc/sys/net/unix/max_dgram_qlen", encoding="ascii") as file:
        room = int(file.read())
    env = {"WATCHDOG_USEC": "20000"}
    with Service(backend, listen=["127.0.0.1:0"], env=env) as echod:
        (match,) = echod.wait_log(r"listening on 127.0.0.1:(\d+)$")
        client = echod.connect("127.0.0.1", int(match[1]))
        for _ in range(2 * room):
            check_echo(client)
            time.sleep(0.01)
        for _ in range(2 * room):
            echod.told()
        echod.manager.close()  # lest it has no room for the end


# ---- what it is handed over ----


def tcp(host, port=0):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def udp(host):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, 0))
    return sock


def check_datagram(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)
        client.sendto(b"hello", address)
        assert client.recv(100) == b"hello"


def test_sockets_of_every_kind(backend):
    """They stand for `port`, and outlive the daemon."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "socket")
        stream = socket.socket(socket.AF_UNIX)
        stream.bind(path)
        stream.listen()
        inet, datagrams = tcp("127.0.0.1"), udp("127.0.0.1")
        with Service(backend, [inet, datagrams, stream]) as echod:
            for name in [
                "127.0.0.1:%d" % inet.getsockname()[1],
                "udp:127.0.0.1:%d" % datagrams.getsockname()[1],
                "unix:" + path,
            ]:
                echod.wait_log(re.escape(f"listening on {name} (inherited)") + "$")
            assert len(echod.find_log("listening on")) == 3, "and nothing else"
            check_echo(echod.connect(*inet.getsockname()))
            check_datagram(datagrams.getsockname())
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(PATIENCE)
                client.connect(path)
                check_echo(client)
        # The manager still has them: what comes now is for the next one.
        assert os.path.exists(path)
        with socket.create_connection(inet.getsockname()) as client:
            client.sendall(b"next")
            client.shutdown(socket.SHUT_WR)
            with Service(backend, [inet]):
                assert read_to_end(client) == b"next"


def test_what_cannot_be_served_is_closed(backend):
    """A connection, sockets that are not listening or not bound, and what is none."""
    good, deaf = tcp("127.0.0.1"), socket.socket()
    unbound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with tcp("127.0.0.1") as other, open("/dev/null", "rb") as file:
        connected = socket.create_connection(other.getsockname())
        far_end, _ = other.accept()
        with Service(backend, [connected, good, deaf, unbound, file]) as echod:
            connected.close()
            far_end.settimeout(PATIENCE)
            assert far_end.recv(1) == b"", "there was no copy of it left"
            for fd in 3, 5, 6:
                why = "not a socket to serve on"
                echod.wait_log(f"inherited descriptor {fd} closed: {why}$")
            why = "Socket operation on non-socket"
            echod.wait_log(f"inherited descriptor 7 closed: {why}$")
            check_echo(echod.connect(*good.getsockname()))


def test_what_is_not_there_cannot_be_served():
    """Or numbers of its own pass for it: the log's, which then a client would have."""
    check_build()
    for count, why in [("1", "Bad file descriptor"), ("all", "Invalid argument")]:
        done = run_echod("-p", 0, shell=f"export LISTEN_PID=$$ LISTEN_FDS={count}")
        assert done.returncode == 71
        assert f"error: cannot take over what LISTEN_FDS says: {why}" in done.stderr


def test_listen_names_what_is_wanted(backend):
    """Those not named are closed, and what is named and missing is opened."""
    named, unnamed = tcp("127.0.0.1"), tcp("127.0.0.2")
    listen = ["127.0.0.1:%d" % named.getsockname()[1], "127.0.0.3:0"]
    with Service(backend, [named, unnamed], listen=listen) as echod:
        unwanted = "127.0.0.2:%d" % unnamed.getsockname()[1]
        echod.wait_log(f"inherited {unwanted} closed: the configuration does not name it")
        check_echo(echod.connect(*named.getsockname()))
        (match,) = echod.wait_log(r"listening on 127.0.0.3:(\d+)$")
        check_echo(echod.connect("127.0.0.3", int(match[1])))

        # Nor does it stay when a reload names it no longer.
        echod.write_config(listen=["127.0.0.3:0"])
        lines = echod.reload()
        assert any(f"inherited {listen[0]} closed" in line for line in lines)
        address = named.getsockname()
        named.close()
        wait_until(lambda: echod.try_connect(*address) is None, "it is closed")


def test_a_socket_for_both_families(backend):
    if not has_ipv6():
        raise Skip("no IPv6 on this machine")
    both = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    port = both.getsockname()[1]
    for listen in [f"*:{port}"], [f"0.0.0.0:{port}"]:
        with Service(backend, [both], listen=listen) as echod:
            assert len(echod.find_log("listening on")) == 1, "it covers all that is named"
            check_echo(echod.connect("127.0.0.1", port))
            check_echo(echod.connect("::1", port))


if __name__ == "__main__":
    main()
