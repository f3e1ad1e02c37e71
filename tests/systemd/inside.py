"""echod's units in a real systemd: boot.sh boots one and runs this there, as root.

Each test begins with every unit stopped, the configuration as installed but for what
it says itself, and no drop-ins.
"""

import json
import os
import signal
import socket
import subprocess
import threading
import time

import harness
from harness import PATIENCE, check_echo, wait_until

CONFIG = os.path.join(os.environ["sysconfdir"], "echod.conf")
PORT_7 = os.path.join(os.environ["docdir"], "port-7.conf")
OWN, ACTIVATED, SOCKET = "echod.service", "echod-activated.service", "echod.socket"
UNITS = [SOCKET, ACTIVATED, OWN]
ERROR, WARNING, INFO = 3, 4, 6  # priorities, syslog(3)


def run(*command, check=True):
    """Returns what it printed, standard error too."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert not check or done.returncode == 0, f"{command}: {done.stdout}"
    return done.stdout


def systemctl(*args):
    return run("systemctl", *args)


def fails(*args):
    """Does systemctl fail with these arguments?"""
    return subprocess.run(["systemctl", *args], capture_output=True).returncode != 0


def show(unit, name):
    return systemctl("show", unit, "--value", "-p", name).strip()


def pid(unit):
    return int(show(unit, "MainPID"))


def is_active(unit):
    return show(unit, "ActiveState") == "active"


def has_given_up(unit, exit_status):
    """A unit that is to be started again is "activating" until then."""
    state = show(unit, "ActiveState"), show(unit, "ExecMainStatus")
    assert state == ("failed", str(exit_status)), state
    return True


def proc(unit, name):
    with open(f"/proc/{pid(unit)}/{name}", encoding="utf-8") as file:
        return file.read()


def status_field(unit, name):
    """The first word after `name:` in /proc/PID/status."""
    return proc(unit, "status").split(f"\n{name}:")[1].split()[0]


def configure(text):
    with open(CONFIG, "w", encoding="utf-8") as file:
        file.write(text)


def dialled(port=8000, host="127.0.0.1"):
    return socket.create_connection((host, port), timeout=PATIENCE)


def serves(port=8000):
    """Echo over both families."""
    for host in "127.0.0.1", "::1":
        with dialled(port, host) as client:
            check_echo(client)
    return True


def is_refused(port):
    try:
        dialled(port).close()
        return False
    except ConnectionRefusedError:
        return True


class Units:
    """The units as installed, with a configuration and a drop-in for one of them.

    Nothing runs before a test starts it, and nothing after the `with` block.
    """

    def __init__(self, config="", drop_in=None, of=OWN):
        self.config = config
        self.drop_in = drop_in
        self.folder = f"/run/systemd/system/{of}.d"

    def __enter__(self):
        configure(self.config)
        if self.drop_in is not None:
            os.makedirs(self.folder)
            with open(f"{self.folder}/test.conf", "w", encoding="utf-8") as file:
                file.write(self.drop_in)
            systemctl("daemon-reload")
        self.since = run("journalctl", "-b", "-n0", "--show-cursor").split("cursor: ")[1]
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            for line in self.journal():
                print("# journal:", line["PRIORITY"], line["MESSAGE"])
        systemctl("stop", *UNITS)
        if self.drop_in is not None:
            os.unlink(f"{self.folder}/test.conf")
            os.rmdir(self.folder)
            systemctl("daemon-reload")
        subprocess.run(["systemctl", "reset-failed", *UNITS], capture_output=True)

    def journal(self):
        """What has come since it began, of these units and of systemd about them."""
        units = [arg for unit in UNITS for arg in ("-u", unit)]
        run("journalctl", "--sync")
        lines = run("journalctl", *units, "-o", "json", "--after-cursor", self.since.strip())
        return [json.loads(line) for line in lines.splitlines() if line.startswith("{")]

    def find(self, text):
        """Wait for a line of the journal with this text; returns its priority."""

        def found():
            return [x for x in self.journal() if text in x["MESSAGE"]]

        return int(wait_until(found, f"the journal has {text!r}")[0]["PRIORITY"])


# ---- echod.service ----


def test_serves_when_started():
    with Units():
        systemctl("start", OWN)
        serves()
        assert is_active(OWN)


def test_has_no_privileges():
    with Units():
        systemctl("start", OWN)
        assert int(status_field(OWN, "Uid")) >= 61184, "not a dynamic user"
        for name in "CapPrm", "CapEff", "CapBnd", "CapAmb":
            assert int(status_field(OWN, name), 16) == 0, name
        assert status_field(OWN, "NoNewPrivs") == "1"
        assert status_field(OWN, "Seccomp") == "2"


def test_may_have_descriptors_for_max_connections():
    with Units("limits: { max_connections = 5000; };") as units:
        systemctl("start", OWN)
        limits = proc(OWN, "limits").split("Max open files")[1].split()
        assert int(limits[0]) >= 5000, limits[:2]
        assert not any("RLIMIT_NOFILE" in line["MESSAGE"] for line in units.journal())


def test_status_is_live():
    with Units("limits: { max_connections = 2; };"):
        systemctl("start", OWN)
        assert show(OWN, "StatusText") == "0 connections, 0 bytes echoed, 0 refused"
        with dialled() as one, dialled() as two, dialled() as three:
            check_echo(one, b"x" * 1500)
            assert harness.was_refused(three)
            wanted = "2 connections, 1.5 kB echoed, 1 refused"
            wait_until(lambda: show(OWN, "StatusText") == wanted, "STATUS is right")
            two.close()
            wait_until(
                lambda: show(OWN, "StatusText").startswith("1 connection,"),
                "STATUS follows",
            )


def test_an_idle_daemon_sleeps():
    with Units():
        systemctl("start", OWN)
        serves()
        time.sleep(1.5)  # the last STATUS
        before = int(status_field(OWN, "voluntary_ctxt_switches"))
        time.sleep(2)
        woke = int(status_field(OWN, "voluntary_ctxt_switches")) - before
        assert woke <= 1, f"it woke {woke} times"  # once for the watchdog


def test_reload_keeps_connections():
    with Units() as units:
        systemctl("start", OWN)
        before = pid(OWN)
        with dialled() as client:
            check_echo(client)
            configure("port = 8001;")
            systemctl("reload", OWN)
            wait_until(lambda: not is_refused(8001), "the new port is open")
            wait_until(lambda: is_refused(8000), "the old port is closed")
            check_echo(client)
        serves(8001)
        assert pid(OWN) == before
        assert units.find("configuration reloaded") == INFO


def test_a_bad_file_fails_the_reload_and_no_more():
    with Units() as units:
        systemctl("start", OWN)
        with dialled() as client:
            configure('\nport = "many";')
            assert fails("reload", OWN), "systemctl reload should fail"
            units.find(f"{CONFIG}:2: ")
            check_echo(client)
        serves()
        assert is_active(OWN)


def test_a_bad_file_is_harmless_to_a_plain_hup():
    with Units() as units:
        systemctl("start", OWN)
        configure("port = -1;")
        os.kill(pid(OWN), signal.SIGHUP)
        assert units.find(f"{CONFIG}:1: ") == ERROR
        assert units.find("reload failed") == ERROR
        wait_until(lambda: "reload failed" in show(OWN, "StatusText"), "STATUS says so")
        assert show(OWN, "SubState") == "running"
        serves()


def test_what_t_cannot_see_is_in_status_and_journal():
    with Units() as units, socket.create_server(("127.0.0.1", 8002)):
        systemctl("start", OWN)
        configure("port = 8002;")
        systemctl("reload", OWN)
        assert units.find("cannot listen on *:8002") == ERROR
        wait_until(lambda: "reload failed" in show(OWN, "StatusText"), "STATUS says so")
        serves()
        configure("port = 8000;")
        systemctl("reload", OWN)
        wait_until(lambda: "failed" not in show(OWN, "StatusText"), "STATUS is mended")


def test_a_bad_file_is_not_tried_again():
    with Units("no_such_key = 1;") as units:
        assert fails("start", OWN)
        assert has_given_up(OWN, 78)
        units.find(f"{CONFIG}:1: unknown key 'no_such_key'")


def test_a_port_in_use_is_tried_again():
    with Units() as units:
        with socket.create_server(("127.0.0.1", 8000)):
            assert fails("start", OWN)
            assert show(OWN, "ExecMainStatus") == "69"
            assert units.find("cannot listen on *:8000") == ERROR
        wait_until(lambda: is_active(OWN), "it is tried again")
        serves()


def restarted(unit, before):
    """Wait until it is served by another process than before."""
    wait_until(lambda: pid(unit) not in (0, before) and is_active(unit), "it is back")
    return serves()


def test_a_crash_restarts_it():
    with Units():
        systemctl("start", OWN)
        before = pid(OWN)
        os.kill(before, signal.SIGSEGV)
        start = time.monotonic()
        restarted(OWN, before)
        assert time.monotonic() - start < 3, "it took too long"
        assert show(OWN, "NRestarts") == "1"


def test_a_watchdog_is_set():
    with Units():
        for unit in OWN, ACTIVATED:
            systemctl("start", unit)
            assert show(unit, "WatchdogUSec") == "30s", unit


def test_the_watchdog_restarts_what_is_stuck():
    with Units(drop_in="[Service]\nWatchdogSec=1\n") as units:
        systemctl("start", OWN)
        before = pid(OWN)
        time.sleep(2)
        assert pid(OWN) == before and show(OWN, "NRestarts") == "0", "it was not stuck"
        os.kill(before, signal.SIGSTOP)
        restarted(OWN, before)
        units.find("Watchdog timeout")


def test_stop_lets_connections_end_well():
    with Units() as units:
        systemctl("start", OWN)
        with dialled() as client:
            check_echo(client)
            systemctl("stop", OWN)
            assert client.recv(1) == b"", "FIN was to come"
        assert show(OWN, "Result") == "success"
        assert show(OWN, "ExecMainStatus") == "0"
        assert units.find("stopping: connections open: 1") == INFO
        assert units.find("stopped: ") == INFO


def test_a_long_drain_gets_its_time():
    three_seconds = b"0123456789" * 300
    slow = "timeouts: { drain = 8; }; limits: { bytes_per_second = 1000; };"
    with Units(slow, "[Service]\nTimeoutStopSec=1\n"):
        systemctl("start", OWN)
        with dialled() as client:
            client.sendall(three_seconds)
            systemctl("stop", "--no-block", OWN)
            assert harness.read_exactly(client, len(three_seconds)) == three_seconds
        wait_until(lambda: show(OWN, "ActiveState") == "inactive", "it has stopped")
        assert show(OWN, "Result") == "success"


def test_the_journal_has_priorities_and_a_name():
    with Units("limits: { max_connections = 1; };") as units:
        systemctl("start", OWN)
        with dialled(), dialled() as second:
            assert harness.was_refused(second)
        assert units.find("listening on 0.0.0.0:8000") == INFO
        assert units.find("refused ") == WARNING
        lines = [line for line in units.journal() if "listening" in line["MESSAGE"]]
        assert {line["SYSLOG_IDENTIFIER"] for line in lines} == {"echod"}


def test_port_7_with_the_drop_in():
    with open(PORT_7, encoding="utf-8") as file:
        drop_in = file.read()
    with Units("port = 7;"):
        assert fails("start", OWN), "without the drop-in it may not"
        assert has_given_up(OWN, 77)
    with Units("port = 7;", drop_in):
        systemctl("start", OWN)
        serves(7)
        assert status_field(OWN, "Uid") != "0"
        assert int(status_field(OWN, "CapEff"), 16) == 1 << 10  # CAP_NET_BIND_SERVICE


# ---- echod.socket and echod-activated.service ----


def test_a_connection_to_the_socket_starts_it():
    with Units() as units:
        systemctl("start", SOCKET)
        assert not is_active(ACTIVATED)
        serves()
        assert is_active(ACTIVATED)
        units.find("listening on [::]:8000 (inherited)")
        assert sum("listening on" in line["MESSAGE"] for line in units.journal()) == 1


def test_its_service_has_no_network():
    with Units():
        systemctl("start", SOCKET)
        serves()
        own = os.readlink(f"/proc/{pid(ACTIVATED)}/ns/net")
        assert own != os.readlink("/proc/self/ns/net")
        assert show(ACTIVATED, "RestrictAddressFamilies") == "AF_UNIX"


def test_what_is_no_socket_of_ours_is_closed():
    with Units("", "[Socket]\nListenSequentialPacket=/run/other\n", SOCKET) as units:
        systemctl("start", SOCKET)
        serves()
        assert units.find("not a socket to serve on") == WARNING


def test_sockets_of_every_kind_are_inherited():
    kinds = "[Socket]\nListenDatagram=8000\nListenStream=/run/echod-test.sock\n"
    listen = 'listen = [ "*:8000", "udp:*:8000", "unix:/run/echod-test.sock" ];'
    with Units(listen, kinds, SOCKET) as units:
        systemctl("start", SOCKET)
        serves()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(PATIENCE)
            client.connect(("127.0.0.1", 8000))
            client.send(b"hello")
            assert client.recv(100) == b"hello"
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect("/run/echod-test.sock")
            check_echo(client)
        assert units.find("listening on unix:/run/echod-test.sock (inherited)") == INFO
        assert units.find("listening on udp:[::]:8000 (inherited)") == INFO


def test_a_unix_socket_has_its_directory():
    with Units('listen = [ "unix:/run/echod/echod.sock" ];') as units:
        systemctl("start", OWN)
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect("/run/echod/echod.sock")
            check_echo(client)
        assert units.find("closed unix pid") == INFO
        systemctl("stop", OWN)
        assert not os.path.exists("/run/echod")


def test_instances_share_a_port():
    with Units("port = 8000; socket: { reuse_port = true; };"):
        systemctl("start", "echod@1", "echod@2")
        try:
            pids = {pid("echod@1.service"), pid("echod@2.service")}
            assert len(pids) == 2
            assert serves()
        finally:
            systemctl("stop", "echod@1", "echod@2")


def test_no_client_is_lost_over_restarts():
    """Forty at a time connect, send, read it back, and come again."""
    with Units() as units:
        systemctl("start", SOCKET)
        over = threading.Event()
        lost, served = [], []

        def client():
            while not over.is_set():
                try:
                    with dialled() as sock:
                        check_echo(sock)
                        served.append(1)
                except (OSError, EOFError, AssertionError) as error:
                    lost.append(error)

        clients = [threading.Thread(target=client) for _ in range(40)]
        for thread in clients:
            thread.start()
        pids = set()
        for _ in range(10):
            systemctl("restart", ACTIVATED)
            pids.add(pid(ACTIVATED))
            time.sleep(0.1)
        over.set()
        for thread in clients:
            thread.join()
        assert len(pids) == 10, "it was not restarted each time"
        assert not lost, f"{len(lost)} of {len(served)} lost: {lost[:3]}"
        assert len(served) >= 40, "hardly anyone was served"
        assert is_active(SOCKET)


def test_quick_restarts_do_not_end_the_socket():
    with Units():
        systemctl("start", SOCKET)
        serves()
        for _ in range(25):
            systemctl("restart", ACTIVATED)
        assert is_active(SOCKET)
        serves()


def test_quick_stops_do_not_end_the_socket():
    """Each is followed by a client that starts it; five fit into two seconds."""
    with Units("", "[Socket]\nTriggerLimitBurst=2\n", SOCKET):
        systemctl("start", SOCKET)
        for _ in range(5):
            serves()
            systemctl("stop", ACTIVATED)
        assert is_active(SOCKET)


def test_a_mended_file_serves_the_client_that_waited():
    with Units("port = 8000; no_such_key = 1;") as units:
        systemctl("start", SOCKET)
        with dialled() as client:
            client.sendall(b"patience")
            time.sleep(3.5)
            tries = sum("no_such_key" in line["MESSAGE"] for line in units.journal())
            assert 2 <= tries <= 6, f"tried {tries} times in 3.5 s"
            assert is_active(SOCKET)
            configure("")
            assert harness.read_exactly(client, 8) == b"patience"
        assert is_active(SOCKET)
        serves()


def test_the_watchdog_watches_the_activated_one_too():
    with Units("", "[Service]\nWatchdogSec=1\n", ACTIVATED):
        systemctl("start", SOCKET)
        serves()
        before = pid(ACTIVATED)
        os.kill(before, signal.SIGSTOP)
        restarted(ACTIVATED, before)


def test_the_activated_one_reloads():
    with Units():
        systemctl("start", SOCKET)
        with dialled() as client:
            check_echo(client)
            configure("limits: { max_connections = 1; };")
            systemctl("reload", ACTIVATED)
            with dialled() as second:
                assert harness.was_refused(second)
            check_echo(client)
            configure("port = 0.5;")
            assert fails("reload", ACTIVATED)
            check_echo(client)


def test_either_way_of_starting_ends_the_other():
    with Units():
        systemctl("start", OWN)
        systemctl("start", SOCKET)
        serves()
        assert is_active(ACTIVATED) and not is_active(OWN)
        systemctl("start", OWN)
        serves()
        assert is_active(OWN) and not is_active(ACTIVATED) and not is_active(SOCKET)


def test_stopping_the_socket_stops_its_service():
    with Units():
        systemctl("start", SOCKET)
        serves()
        systemctl("stop", SOCKET)
        assert not is_active(ACTIVATED)
        assert is_refused(8000)


# ---- all units ----


def test_units_are_enabled_and_disabled():
    for unit, target in (OWN, "multi-user.target"), (SOCKET, "sockets.target"):
        systemctl("enable", unit)
        assert show(unit, "UnitFileState") == "enabled"
        assert unit in show(target, "Wants").split()
        systemctl("disable", unit)
        assert show(unit, "UnitFileState") == "disabled"
        assert unit not in show(target, "Wants").split()


def test_verify_is_silent():
    for unit in UNITS:
        told = run("systemd-analyze", "verify", unit)
        ours = [line for line in told.splitlines() if "echod" in line]
        assert not ours, f"{unit}: {ours}"


def test_security_scores():
    for unit, most in (OWN, 1.2), (ACTIVATED, 0.5):
        table = run("systemd-analyze", "security", "--no-pager", unit)
        score = float(table.split(f"level for {unit}: ")[1].split()[0])
        assert score <= most, f"{unit}: {score}"


def test_man_finds_the_pages():
    for section, page in ("8", "echod"), ("5", "echod.conf"):
        assert page in run("man", "-w", section, page)


if __name__ == "__main__":
    harness.main()
