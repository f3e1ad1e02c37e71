"""What the client tells: figures, files, the live line, and what is left of them at ^C."""

import json
import os
import pty
import re
import signal
import subprocess
import tempfile
import time

from harness import PATIENCE, Echod, Skip, main, wait_until
from stress import STRESS, Server, finish_stress, run_stress, start_stress, target

LATENCY = ["min", "mean", "p50", "p90", "p99", "p99_9", "max"]


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


main()
