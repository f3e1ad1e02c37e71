"""The whole client against echod, which is honest: in each mode, and what it tells."""

import json
import os
import pty
import re
import signal
import subprocess
import tempfile
import time

from harness import PATIENCE, Echod, Skip, free_port, main, read_exactly, wait_until
from stress import (
    STRESS,
    Server,
    echo,
    finish_stress,
    run_stress,
    start_stress,
    stress,
)

LATENCY = ["min", "mean", "p50", "p90", "p99", "p99_9", "max"]


def target(echod):
    return f"127.0.0.1:{echod.port()}"


# ---- modes ----


def test_steady(backend):
    with Echod(backend) as echod:
        result = stress(echod.port(), "-n", 20_000, "-s", "1-3000", "-p", 3)
        result.check_well()
        assert result.messages == 20_000 and result.connects == 50
        assert result.bytes_sent == result.bytes_received
        assert is_near(result.bytes_sent, 20_000 * 1500.5, 0.05)
        assert result.mode == "steady" and result.connections == 50


def test_steady_for_a_time(backend):
    with Echod(backend) as echod:
        result = stress(echod.port(), "-d", 0.5)
        result.check_well()
        assert 0.5 <= result.duration_s < 1
        assert is_near(result.rate_per_s * result.duration_s, result.messages, 0.001)


def is_near(number, wanted, part):
    return abs(number - wanted) <= part * wanted


def test_one_connection_large_messages(backend):
    """Larger than every buffer on the way: the writer must not wait for the reader."""
    with Echod(backend) as echod:
        result = stress(echod.port(), "-c", 1, "-n", 10, "-s", 20_000_000, "-p", 2)
        result.check_well()
        assert result.messages == 10 and result.bytes_received == 200_000_000


def test_the_writer_waits_for_nobody():
    """A server that takes all of a large message before it says anything."""

    def serve(sock, _):
        for _ in range(3):
            sock.sendall(read_exactly(sock, 20_000_000))
        echo(sock)

    with Server(serve) as server:
        stress(server.port, "-c", 1, "-n", 3, "-s", 20_000_000).check_well()


def test_pipeline_is_kept_full(backend):
    """With a delay of 50 ms, 10 in flight are ten times as many as one."""

    def serve(sock, _):
        while data := sock.recv(65536):
            time.sleep(0.05)
            sock.sendall(data)

    with Server(serve) as server:
        one = stress(server.port, "-c", 1, "-d", 0.5)
        ten = stress(server.port, "-c", 1, "-d", 0.5, "-p", 10)
    assert ten.messages > 5 * one.messages, (one.messages, ten.messages)


def test_churn(backend):
    with Echod(backend) as echod:
        result = stress(echod.port(), "-m", "churn", "-n", 2000)
        result.check_well()
        assert result.messages == 2000 <= result.connects < 2050


def test_halfclose(backend):
    with Echod(backend) as echod:
        args = ["-m", "halfclose", "-n", 1000, "-p", 5, "-s", "1-100000", "-c", 20]
        result = stress(echod.port(), *args)
        result.check_well()
        assert result.messages == 1000 and result.connects >= 200


def test_idle(backend):
    with Echod(backend) as echod:
        result = stress(echod.port(), "-m", "idle", "-c", 300, "-d", 1)
        result.check_well()
        assert result.messages == 600 and result.connects == 300
        assert 1 <= result.duration_s < 3


def test_idle_finds_the_limit(backend):
    """A server that ends silent connections is found out."""
    with Echod(backend, timeouts={"idle": 0.5}) as echod:
        result = stress(echod.port(), "-m", "idle", "-c", 10, "-d", 1.2)
        assert result.status == 1 and result.kinds() == ["eof"], result.stdout


def test_slow(backend):
    """Much more in flight than is read: the server has to hold back, and does."""
    with Echod(backend) as echod:
        result = stress(echod.port(), "-m", "slow", "-c", 5, "-d", 0.5)
        result.check_well()
        assert result.messages >= 5 * 64
        assert result.latency_us["max"] > 100_000


def test_abort(backend):
    with Echod(backend) as echod:
        result = stress(echod.port(), "-m", "abort", "-c", 20, "-d", 0.5)
        result.check_well()
        assert result.aborted > 100 and result.connects > 100
        assert result.messages > 1000
        wait_until(lambda: echod.fds() < 20, "it has closed them all")


def test_abort_is_a_reset():
    """And not a FIN: half of the connections end so, with data in flight."""
    ends = []

    def serve(sock, _):
        try:
            echo(sock)
            ends.append("fin")
        except ConnectionError:
            ends.append("reset")

    with Server(serve) as server:
        result = stress(server.port, "-m", "abort", "-c", 4, "-d", 0.5)
        result.check_well()
        wait_until(lambda: len(ends) == result.connects, "all have ended")
    assert ends.count("fin") == 2, ends  # those that were to be served
    assert ends.count("reset") > 20


# ---- open loop ----


def test_rate_is_kept():
    with Echod("select") as echod:
        result = stress(echod.port(), "-r", 2000, "-d", 1)
        result.check_well()
        assert result.messages + result.late == 2000, result.stdout
        assert result.late == 0
        assert result.service_us["p50"] <= result.latency_us["p50"]


def test_a_stall_counts_for_all_that_was_due():
    """No coordinated omission: half a second's messages waited, and it shows."""
    stalled = []

    def serve(sock, _):
        while data := sock.recv(65536):
            if not stalled:
                stalled.append(True)
                time.sleep(0.5)
            sock.sendall(data)

    with Server(serve) as server:
        result = stress(server.port, "-c", 1, "-r", 200, "-d", 1)
    assert result.result == "ok", result.stdout
    assert result.messages == 200
    assert result.latency_us["p50"] < 250_000
    assert result.latency_us["p90"] > 350_000  # of 100 that waited up to 0.5 s
    assert result.service_us["p90"] < 100_000  # but only one took that long


def test_what_is_never_sent_is_late():
    """A server of 20 messages a second, asked for 100."""

    def serve(sock, _):
        while data := sock.recv(64):
            time.sleep(0.05)
            sock.sendall(data)

    with Server(serve) as server:
        result = stress(server.port, "-c", 1, "-r", 100, "-d", 1)
    assert result.messages + result.late == 100, result.stdout
    assert 70 <= result.late <= 90
    assert result.latency_us["max"] > 500_000


def test_debt_of_five_seconds():
    """After a stall of 6.5 s what is older than 5 s is given up, the rest worked off."""
    stalled = []

    def serve(sock, _):
        while data := sock.recv(65536):
            if not stalled:
                stalled.append(True)
                time.sleep(6.5)
            sock.sendall(data)

    args = ["-c", 1, "-r", 100, "-d", 8, "--timeout", 10]
    with Server(serve) as server:
        result = stress(server.port, *args)
    assert result.result == "ok", result.stdout
    assert result.messages + result.late == 800
    assert 140 <= result.late <= 200, result.stdout  # 150 on an idle machine
    assert result.latency_us["p90"] < 5_100_000


def test_rate_with_churn():
    with Echod("select") as echod:
        result = stress(echod.port(), "-m", "churn", "-r", 500, "-d", 1, "-c", 20)
        result.check_well()
        assert result.messages + result.late == 500


def test_messages_at_a_rate():
    with Echod("select") as echod:
        result = stress(echod.port(), "-n", 300, "-r", 1000)
        result.check_well()
        assert result.messages == 300 and 0.25 < result.duration_s < 0.6


def test_warmup_is_not_counted():
    with Echod("select") as echod:
        result = stress(echod.port(), "-r", 1000, "-d", 0.5, "--warmup", 0.5)
        result.check_well()
        assert result.messages + result.late == 500
        assert 0.5 <= result.duration_s < 0.7
        assert is_near(result.bytes_received, 500 * 64, 0.1), result.stdout


def test_messages_after_a_warmup():
    with Echod("select") as echod:
        for rate in [[], ["-r", 5000]]:
            args = ["-n", 1000, "--warmup", 0.2, *rate]
            result = stress(echod.port(), *args)
            result.check_well()
            assert result.messages == 1000, result.stdout
            if rate:
                assert is_near(result.duration_s, 0.2, 0.2), result.stdout


def test_a_number_of_messages_takes_until_the_last_is_given_up():
    def serve(sock, n):
        if n == 0:
            sock.sendall(sock.recv(64))
            time.sleep(2)  # the next one is never answered
        echo(sock)

    with Server(serve) as server:
        result = stress(server.port, "-c", 2, "-n", 100, "--timeout", 0.5)
    assert result.messages == 99 and result.unanswered == 1, result.stdout
    assert 0.5 <= result.duration_s < 1, result.duration_s
    assert is_near(result.rate_per_s * result.duration_s, 99, 0.001)


def test_a_number_of_messages_takes_no_longer_than_the_last_answer():
    """The server's FIN, for which it waits, is no part of that."""

    def serve(sock, _):
        echo(sock)
        time.sleep(0.5)

    with Server(serve) as server:
        for pipeline in [1, 2]:
            result = stress(server.port, "-c", 2, "-n", 100, "-p", pipeline)
            result.check_well()
            assert result.duration_s < 0.3, result.duration_s


def test_ramp():
    with Echod("select") as echod:
        client = start_stress("-c", 100, "-d", 1.5, "--ramp", 1, target(echod))
        time.sleep(0.5)
        assert 20 < echod.fds() < 90
        wait_until(lambda: echod.fds() > 100, "all are there")
        assert finish_stress(client).returncode == 0


def test_too_short_for_all_connections():
    """What was not tried is not passed over in silence."""
    with Echod("select") as echod:
        result = stress(echod.port(), "-c", 100, "-d", 0.3, "--ramp", 1)
    assert result.status == 1 and result.kinds() == [], result.stdout
    assert re.match(r"time for only \d\d of the 100", result.failed_because[0])


# ---- what it tells ----


def test_json_is_all_of_standard_output():
    with Echod("select") as echod:
        done = run_stress("-d", 0.2, "-r", 1000, "--json", target(echod))
        figures = json.loads(done.stdout)
        assert done.stderr == ""
    want = """target mode connections seed duration_s messages bytes_sent bytes_received
        rate_per_s mbytes_per_s latency_us service_us connect_us errors late result"""
    assert set(want.split()) <= set(figures), figures.keys()
    for times in ["latency_us", "service_us", "connect_us"]:
        assert list(figures[times]) == LATENCY
        values = [figures[times][name] for name in LATENCY if name != "mean"]
        assert values == sorted(values) and values[0] > 0
    assert "failed_because" not in figures


def test_json_to_a_file():
    with Echod("select") as echod, tempfile.NamedTemporaryFile() as file:
        done = run_stress("-d", 0.2, f"--json={file.name}", target(echod))
        assert "latency" in done.stdout
        assert json.load(file)["result"] == "ok"


def test_json_of_any_name():
    """What is no UTF-8 is replaced, byte by byte; the rest stays as it is."""
    bad = [b"\x80", b"\xff", b"\xc0\xaf", b"\xe0\x9f\xbf", b"\xed\xa0\x80"]
    bad += [b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80"]
    bad += [b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98"]
    good = '"\\\x1f\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff'.encode()
    for name in [*bad, *(each + b"/" for each in bad), good]:
        args = [STRESS, "--json", "-c1", b"unix:/nonexistent/" + name]
        done = subprocess.run(args, capture_output=True)
        figures = json.loads(done.stdout.decode("utf-8"))
        text = "".join(chr(b) if b < 0x80 else "\ufffd" for b in name)
        wanted = "unix:/nonexistent/" + (good.decode() if name == good else text)
        assert figures["target"] == wanted, (name, figures)
        assert f"to {wanted}:" in figures["first_errors"]["other"], figures


def test_text():
    with Echod("select") as echod:
        done = run_stress("-n", 12345, "--seed", 42, target(echod))
        assert done.returncode == 0 and done.stderr == ""
        for pattern in [
            r"steady, 50 connections, 64 bytes, 1 in flight, seed 42\n",
            r"messages +12,345 ",
            r"latency( +[\d.]+ [mu]s){7}\n",
            r"connect( +[\d.]+ [mu]s){7}\n",
            r"\|#+ *\| +[\d.]+%\n",
            r"errors +none\n",
            r"result +ok\n",
        ]:
            assert re.search(pattern, done.stdout), (pattern, done.stdout)


def test_quiet():
    with Echod("select") as echod:
        done = run_stress("-n", 10, "-q", target(echod))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_full_disk():
    with Echod("select") as echod:
        for option in ["--json", "--hgrm", "--html"]:
            done = run_stress("-n", 10, "-q", f"{option}=/dev/full", target(echod))
            assert done.returncode == 74 and "/dev/full" in done.stderr, option
        run = ["sh", "-c", 'exec "$@" > /dev/full', "sh", STRESS]
        for args in [["-n10", target(echod)], ["-h"], ["--usage"], ["-V"]]:
            done = subprocess.run([*run, *args], stderr=subprocess.PIPE)
            assert done.returncode == 74 and b"standard output" in done.stderr, done


def test_closed_streams():
    """What it prints goes nowhere, and not to the server in their place."""
    came = []

    def serve(sock, _):
        sock.sendall(b"surplus")
        while data := sock.recv(65536):
            came.append(data)

    with Server(serve) as server:
        closed = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", STRESS]
        args = ["-v", "-d", "0.3", "-c", "1", f"127.0.0.1:{server.port}"]
        done = subprocess.run([*closed, *args], timeout=PATIENCE)
        assert done.returncode == 1
        assert came and b"echo-stress" not in b"".join(came), came


def test_quiet_says_why_it_failed():
    with Echod("select") as echod:
        done = run_stress("-n", 10, "-q", "--max-p99", "1ns", target(echod))
        assert done.returncode == 1 and done.stdout == ""
        assert re.search(r": p99 is .*, over 1 ns\n", done.stderr), done.stderr


def told_on_a_terminal(*args):
    try:
        ours, theirs = pty.openpty()
    except OSError as error:
        raise Skip(f"no terminals: {error}") from error
    client = subprocess.Popen(
        [STRESS, *args], stdout=subprocess.DEVNULL, stderr=theirs
    )
    assert client.wait(PATIENCE) == 0
    os.write(theirs, b"$")
    told = b""
    while not told.endswith(b"$"):
        told += os.read(ours, 65536)
    os.close(theirs)
    os.close(ours)
    return told[:-1].decode()


def test_live_line():
    """On a terminal, and gone at the end; elsewhere there is none (test_text)."""
    with Echod("select") as echod:
        args = ["-d", "0.8", "-c", "20", target(echod)]
        lines = told_on_a_terminal(*args).split("\r")
        assert told_on_a_terminal("-v", *args) == ""
    told = [line for line in lines if "connections" in line]
    for line in told:
        assert line.startswith("\x1b[K\x1b[?7l") and line.endswith("\x1b[?7h"), line
        assert len(re.sub(r"\x1b\[[?7]*[Klh]", "", line)) < 80, line
    assert len(told) >= 2 and lines[-1] == "\x1b[K", lines
    line = r"\d\.\d s \[#+ *\] 20 connections  [\d,]+ msg/s  p99 .*  0 errors\x1b"
    assert re.search(line, told[-1]), told[-1]
    assert told[0].count("#") < told[-1].count("#")


def test_hgrm():
    with Echod("select") as echod, tempfile.NamedTemporaryFile("r") as file:
        done = run_stress("-n", 10_000, "--hgrm", file.name, "--json", target(echod))
        lines = file.read().splitlines()
    assert lines[0].split() == ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"]
    rows = [line.split() for line in lines[2:] if not line.startswith("#")]
    values = [float(row[0]) for row in rows]
    assert values == sorted(values)
    assert [float(row[1]) for row in rows][::len(rows) - 1] == [0, 1]
    assert int(rows[-1][2]) == 10_000
    latency = json.loads(done.stdout)["latency_us"]
    assert values[-1] == latency["max"]
    assert any(f"{latency['max']:.3f}" in line for line in lines if line.startswith("#"))


def test_html_needs_nothing_else():
    with Echod("select") as echod, tempfile.NamedTemporaryFile("r") as file:
        run_stress("-d", 0.5, "--html", file.name, target(echod))
        page = file.read()
    assert page.startswith("<!doctype html>") and page.rstrip().endswith("</html>")
    assert page.count("<svg") == page.count("</svg>") >= 3
    assert not re.search(r"(src|href)=|https?://(?!www\.w3\.org)|@import|nan|inf\b", page)
    for word in ["latency", "steady", target(echod), "64 bytes"]:
        assert word in page, word


def test_interrupt_ends_early_and_reports():
    with Echod("select") as echod:
        for number in [signal.SIGINT, signal.SIGTERM]:
            client = start_stress("--json", "-d", 60, target(echod))
            time.sleep(0.5)
            client.send_signal(number)
            done = finish_stress(client)
            figures = json.loads(done.stdout)
            assert done.returncode == 0 and figures["messages"] > 100
            assert 0.2 < figures["duration_s"] < 5


def interrupt(seconds, *args):
    """Returns how that ends when ^C comes so long after it can be taken."""
    client = start_stress("--json", *args)
    wait_until(lambda: blocks(client.pid, signal.SIGINT), "it takes signals")
    time.sleep(seconds)
    client.send_signal(signal.SIGINT)
    return finish_stress(client)


def blocks(pid, number):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        blocked = re.search(r"\nSigBlk:\s*(\w+)", file.read())[1]
    return int(blocked, 16) >> (number - 1) & 1


def test_interrupt_before_anything_is_measured():
    """It is not the server that could not be reached, or did not answer."""
    with Echod("select") as echod:
        for args in [
            ["--warmup", 60],
            ["--warmup", 60, "-m", "churn"],
            ["--ramp", 60, "--compare", target(echod)],
            ["--ramp", 60, "--compare", target(echod), "-m", "churn"],
        ]:
            for seconds in [0, 0.3]:
                done = interrupt(seconds, *args, target(echod))
                assert done.returncode == 1, done
                figures = json.loads(done.stdout)
                for each in figures.get("compare", [figures]):
                    why = each["failed_because"]
                    assert why == ["interrupted before anything was measured"], done


def test_interrupt_before_the_run():
    """A pipe that nobody reads cannot be opened."""
    with tempfile.TemporaryDirectory() as folder:
        pipe = os.path.join(folder, "pipe")
        os.mkfifo(pipe)
        client = start_stress(f"--json={pipe}", "localhost:1")
        time.sleep(0.3)
        client.send_signal(signal.SIGINT)
        try:
            assert client.wait(2) == -signal.SIGINT
        finally:
            client.kill()


def test_second_interrupt_waits_for_nobody():
    with Server(lambda sock, _: time.sleep(30)) as server:
        client = start_stress("--json", "--timeout", 30, f"127.0.0.1:{server.port}")
        time.sleep(0.3)
        client.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert client.poll() is None, "it waits for the answers"
        client.send_signal(signal.SIGINT)
        figures = json.loads(finish_stress(client).stdout)
        assert figures["messages"] == 0 and figures["unanswered"] == 50


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


# ---- compare ----


def test_compare():
    """Two honest servers, and one that rests 2 ms before it answers."""

    def rest(sock, _):
        while data := sock.recv(65536):
            time.sleep(0.002)
            sock.sendall(data)

    with Echod("select") as a, Echod("select") as b, Server(rest) as slow:
        ports = [a.port(), b.port(), slow.port]
        targets = [f"127.0.0.1:{port}" for port in ports]
        done = run_stress("--compare", "-c", 5, "-d", 2, "--json", *targets)
        text = run_stress("--compare", "-c", 5, "-d", 0.5, *targets)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert [each["target"] for each in figures["compare"]] == targets
    assert figures["cycles"] >= 4
    same, close, far = (each["ratio"] for each in figures["compare"])
    assert same == {"q1": 1, "median": 1, "q3": 1}
    assert 0.5 < close["median"] < 2
    assert far["median"] < 0.5
    for each in figures["compare"]:
        assert each["result"] == "ok" and each["unanswered"] == 0
        assert each["rate_per_s"]["q1"] <= each["rate_per_s"]["median"]
    assert text.returncode == 0
    for name in targets:
        assert name in text.stdout


def test_compare_churn_and_halfclose():
    with Echod("select") as a, Echod("select") as b:
        for mode in ["churn", "halfclose"]:
            args = ["--compare", "-m", mode, "-c", 5, "-d", 0.6, "--json"]
            done = run_stress(*args, target(a), target(b))
            assert done.returncode == 0, done.stdout
            for each in json.loads(done.stdout)["compare"]:
                assert each["messages"] > 50, done.stdout


def test_compare_after_a_warmup():
    """Its cycles are none of those that count."""
    with Echod("select") as a, Echod("select") as b:
        args = ["--compare", "--warmup", 0.6, "-d", 0.6, "--json"]
        done = run_stress(*args, target(a), target(b))
    assert done.returncode == 0, done.stdout
    figures = json.loads(done.stdout)
    assert 2 <= figures["cycles"] <= 4, figures["cycles"]
    for each in figures["compare"]:
        assert each["rate_per_s"]["q1"] > 0, each


def test_compare_counts_one_cycle_at_least():
    """Here the first one that counts begins when the time is over; no other does."""

    def rest(sock, _):
        while data := sock.recv(65536):
            time.sleep(0.002)
            sock.sendall(data)

    with Server(rest) as a, Server(rest) as b:
        targets = [f"127.0.0.1:{server.port}" for server in [a, b]]
        args = ["-c", 1, "--ramp", 0.8, "--warmup", 0.8, "-d", 0.01, "--json"]
        done = run_stress("--compare", *args, *targets)
    assert done.returncode == 0, done
    figures = json.loads(done.stdout)
    assert figures["cycles"] == 1, figures
    for each in figures["compare"]:
        assert 0 < each["messages"] < 0.2 * each["rate_per_s"]["median"], each
        assert each["bytes_sent"] == each["bytes_received"] == 64 * each["messages"], each


def test_compare_says_why_it_failed():
    with Echod("select") as a, Echod("select") as b:
        args = ["--compare", "-d", 0.3, "--max-p99", "1ns"]
        done = run_stress(*args, target(a), target(b))
    assert done.returncode == 1
    for echod in [a, b]:
        assert f"{target(echod)}: p99 is" in done.stderr, done.stderr


def test_compare_ends_where_one_target_is_not_there():
    """The other is not to blame: it was asked nothing."""
    nobody = f"127.0.0.1:{free_port()}"
    with Echod("select") as echod:
        done = run_stress("--compare", "-d", 60, "--json", nobody, target(echod))
    assert done.returncode == 69, done
    gone, there = (each["failed_because"] for each in json.loads(done.stdout)["compare"])
    assert gone[0] == "no connection could be made", done
    assert there == ["no message was sent"], done


def test_compare_knows_that_a_target_had_only_slices():
    def rest(sock, _):
        while data := sock.recv(65536):
            time.sleep(0.01)
            sock.sendall(data)

    with Server(rest) as a, Server(rest) as b:
        targets = [f"127.0.0.1:{server.port}" for server in [a, b]]
        args = ["--compare", "-c", 1, "-d", 1, "--json"]
        for least, status in [(65, 0), (110, 1)]:
            done = run_stress(*args, "--min-rate", least, *targets)
            assert done.returncode == status, done.stdout


def test_compare_finds_the_dishonest():
    def serve(sock, _):
        while data := sock.recv(65536):
            sock.sendall(data[:-1] + b"?")

    with Echod("select") as good, Server(serve) as bad:
        targets = [target(good), f"127.0.0.1:{bad.port}"]
        done = run_stress("--compare", "-d", 0.5, "--json", *targets)
    assert done.returncode == 1
    results = [each["result"] for each in json.loads(done.stdout)["compare"]]
    assert results == ["ok", "failed"]


main()
