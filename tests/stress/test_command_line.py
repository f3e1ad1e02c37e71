"""What is asked of the client: its usage and exit status, addresses and limits."""

import json
import os
import subprocess
import tempfile

from harness import Echod, Skip, free_port, main
from stress import STRESS, Server, echo, run_stress, stress, target


# ---- exit status ----


def check_usage(*args):
    done = run_stress(*args)
    assert done.returncode == 64, (args, done.returncode)
    assert done.stdout == "" and "echo-stress" in done.stderr


def test_usage():
    for args in [
        ["-s", 0],
        ["-s", "5-4"],
        ["-s", "x"],
        ["-c", 0],
        ["-d", 0],
        ["-d", "1s"],
        ["-n", 0],
        ["-p", 0],
        ["-r", 0],
        ["-m", "fast"],
        ["--max-p99", 5],
        ["--source", "localhost"],
        ["localhost:0"],
        ["localhost:99999"],
        [":8000"],
        ["[::1"],
        ["one", "two"],
        ["--compare", "one"],
        ["--compare", "one", "two", "-r", 5],
        ["--compare", "one", "two", "-m", "idle"],
        ["-m", "idle", "-n", 5],
        ["-m", "slow", "-r", 5],
        ["-m", "abort", "-c", 1],
        ["--json=report", "--hgrm=report"],
        ["--json=report", "--html=report"],
        ["--hgrm=report", "--html=report"],
        ["--no-such-option"],
        ["--html", "/nonexistent/folder/page.html"],
    ]:
        check_usage(*args)


def test_most_seconds():
    assert run_stress("-d", "1000000", "-V").returncode == 0
    assert "up to a million\n" in run_stress("-d", "1000000.1", "-V").stderr


def test_help_and_version():
    for option, word in [("-h", "--compare"), ("--help", "abort"), ("-V", "echo-stress")]:
        done = run_stress(option)
        assert done.returncode == 0 and word in done.stdout and done.stderr == ""


def test_thresholds():
    with Echod("select") as echod:
        port = echod.port()
        for args, why in [
            (["--max-p99", "1ns"], "p99"),
            (["--min-rate", 1_000_000_000], "messages a second"),
        ]:
            result = stress(port, "-n", 1000, *args)
            assert result.status == 1 and result.result == "failed", result.stdout
            assert len(result.failed_because) == 1
            assert why in result.failed_because[0]
        result = stress(port, "-n", 1000, "--max-p99", "5s", "--min-rate", 10)
        result.check_well()


def test_max_errors():
    """So many failed connections are forgiven, but not one more."""

    def serve(sock, n):
        if n < 3:
            sock.recv(64)  # and goodbye
        else:
            echo(sock)

    for most, status in [(3, 0), (2, 1)]:
        with Server(serve) as server:
            result = stress(server.port, "-c", 5, "-d", 0.5, "--max-errors", most)
        assert result.errors["eof"] == 3, result.stdout
        assert result.status == status, result.stdout


# ---- addresses and limits ----


def test_the_second_address_of_a_name():
    """A name that is ::1 first, where nobody listens: that is no error."""
    port = free_port()
    with Echod("select", listen=[f"127.0.0.1:{port}"]):
        with tempfile.NamedTemporaryFile("w") as hosts:
            hosts.write("::1 both.test\n127.0.0.1 both.test\n")
            hosts.flush()
            own_hosts = 'mount --bind "$0" /etc/hosts || exit 99; exec "$@"'
            unshare = ["unshare", "-rm", "sh", "-c", own_hosts, hosts.name]
            done = subprocess.run(
                [*unshare, STRESS, "-n", "100", "--json", f"both.test:{port}"],
                capture_output=True,
                text=True,
            )
        if "unshare" in done.stderr or done.returncode == 99:
            raise Skip("no hosts of our own: " + done.stderr.strip())
        assert done.returncode == 0, done.stdout
        assert json.loads(done.stdout)["messages"] == 100


def test_sources():
    """Told apart by a server that takes few connections from one address."""
    limits = {"max_connections_per_address": 10}
    with Echod("select", limits=limits) as echod:
        args = ["-c", 40, "-n", 1000]
        good = stress(echod.port(), *args, "--source", "127.0.0.2-127.0.0.5")
        good.check_well()
        bad = stress(echod.port(), *args, "--source", "127.0.0.2-127.0.0.4")
        assert bad.status == 1


def test_source_that_is_not_ours():
    with Echod("select") as echod:
        result = stress(echod.port(), "-d", 1, "--source", "192.0.2.1")
        assert result.status == 69 and result.kinds() == ["bind"], result.stdout


def test_out_of_ports():
    with Echod("select") as echod:
        done = run_stress("-c", 40_000, "-d", 0.01, "-q", target(echod))
        assert "--source" in done.stderr, done.stderr


def test_short_of_ports():
    """A port is in use for a while after its connection."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        low, high = map(int, file.read().split())
    half = (high - low + 1) // 2
    with Echod("select") as echod:
        for args, note in [
            (["-n", half + 1, "-m", "churn"], True),
            (["-n", half + 1, "-m", "churn", "--source", "127.0.0.2-127.0.0.3"], False),
            (["-d", 1.5, "-m", "abort", "-c", 100], False),  # a reset frees it at once
        ]:
            done = run_stress("-c", 20, *args, target(echod))
            assert done.returncode == 0 and ("see --source" in done.stdout) == note, done


def test_out_of_descriptors():
    """A hard limit of 40, and no right to raise it."""
    limited = ["sh", "-c", 'ulimit -n 40; exec "$@"', "sh"]
    if os.geteuid() == 0:
        limited += ["setpriv", "--bounding-set=-sys_resource", "--inh-caps=-sys_resource"]
    with Echod("select") as echod:
        done = subprocess.run(
            [*limited, STRESS, "-c", "100", "-d", "0.3", "-q", target(echod)],
            capture_output=True,
            text=True,
        )
    assert "ulimit -Hn 132" in done.stderr, done.stderr
    assert done.returncode == 1 and "Too many open files" in done.stderr


main()
