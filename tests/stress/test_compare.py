"""Several targets in turn: --compare."""

import json
import time

from harness import Echod, free_port, main
from stress import Server, run_stress, target


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
