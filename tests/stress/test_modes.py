"""Each mode against echod, which is honest; as fast as it goes and on schedule."""

import re
import time

from harness import Echod, main, read_exactly, wait_until
from stress import Server, echo, finish_stress, start_stress, stress, target


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


main()
