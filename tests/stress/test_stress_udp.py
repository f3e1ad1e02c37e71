"""Datagrams and UNIX sockets: echod, and a UDP server that is wrong in every way."""

import os
import socket
import tempfile
import threading
import time

from harness import Echod, free_port, main
from stress import Result, echo, run_stress

UDP_FREE = {"rate_per_address": 0}


def run(target, *args):
    return Result(run_stress("--json", *args, target))


class UdpServer:
    """Calls serve(send, data, n) for the n-th datagram; send(data) answers it."""

    def __init__(self, serve):
        self.serve = serve
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.target = "udp:127.0.0.1:%d" % self.sock.getsockname()[1]
        self.ending = False

    def __enter__(self):
        self.sock.settimeout(0.1)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending = True
        self.thread.join()
        self.sock.close()

    def run(self):
        n = 0
        while not self.ending:
            try:
                data, peer = self.sock.recvfrom(70000)
            except socket.timeout:
                continue
            self.serve(lambda answer, peer=peer: self.sock.sendto(answer, peer), data, n)
            n += 1


def dishonest(serve, *args):
    with UdpServer(serve) as server:
        result = run(server.target, "-c", 1, "--timeout", 0.2, *args)
    udp = result.udp
    counted = udp["received"] + udp["lost"] + result.unanswered
    assert counted <= udp["sent"] <= counted + udp["corrupt"], result.stdout
    return result


def honest(send, data, _):
    send(data)


# ---- echod ----


def test_udp(backend):
    for args in [["-s", "1-3000", "-p", 3], ["-s", 1], ["-s", 8], ["-s", 65507, "-c", 2]]:
        port = free_port()
        listen = [f"udp:127.0.0.1:{port}"]
        with Echod(backend, listen=listen, udp=UDP_FREE):
            result = run(f"127.0.0.1:{port}", "--udp", "-c", 10, "-n", 2000, *args)
        result.check_well()
        assert result.messages == result.udp["sent"] == result.udp["received"] == 2000
        assert result.bytes_sent == result.bytes_received
        assert sum(result.udp[k] for k in ["lost", "late", "duplicated", "corrupt"]) == 0
        assert 0 < result.udp["jitter_us"] < 1e6


def test_udp_at_a_rate(backend):
    port = free_port()
    with Echod(backend, listen=[f"udp:127.0.0.1:{port}"], udp=UDP_FREE):
        result = run(f"udp:127.0.0.1:{port}", "-c", 10, "-r", 1000, "-d", 1)
    result.check_well()
    assert result.messages + result.late == 1000 and result.late < 20, result.stdout
    assert result.service_us["p50"] <= result.latency_us["p50"]


def test_udp_compared():
    port = free_port()
    with Echod("select", listen=[f"udp:127.0.0.1:{port}"], udp=UDP_FREE):
        target = f"udp:127.0.0.1:{port}"
        done = run_stress("--compare", "-c", 2, "-d", 0.5, target, target)
    assert done.returncode == 0 and done.stdout.count("ok") == 2, done


def test_unix(backend):
    with tempfile.TemporaryDirectory(prefix="echod-unix-") as folder:
        path = os.path.join(folder, "sock")
        with Echod(backend, listen=[f"unix:{path}"]):
            for mode in ["steady", "churn", "halfclose", "idle", "slow", "abort"]:
                result = run(f"unix:{path}", "-m", mode, "-c", 20, "-d", 0.3)
                result.check_well()
                assert result.messages >= 20 and "udp" not in result.json, result.stdout


def accept_in_a_while(sock):
    time.sleep(0.3)
    for _ in range(5):
        client, _ = sock.accept()
        threading.Thread(target=echo, args=(client,), daemon=True).start()


def test_unix_full_backlog():
    """Connects wait for room, though the kernel cannot be asked to tell of it."""
    with tempfile.TemporaryDirectory(prefix="echod-unix-") as folder:
        path = os.path.join(folder, "sock")
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(path)
            sock.listen(0)
            threading.Thread(target=accept_in_a_while, args=(sock,), daemon=True).start()
            result = run(f"unix:{path}", "-c", 5, "-n", 5)
    result.check_well()
    assert result.connects == 5 and result.connect_us["max"] > 200_000, result.stdout


def test_nobody_there():
    result = run("unix:/nonexistent", "-d", 5)
    assert result.status == 69 and result.messages == 0, result.stdout
    result = run(f"udp:127.0.0.1:{free_port()}", "-d", 5)
    assert result.status == 69 and result.kinds() == ["refused"], result.stdout


# ---- dishonest ----


def test_dropped():
    result = dishonest(lambda send, data, n: n % 10 == 3 or send(data), "-n", 100, "-p", 20)
    assert result.status == 1 and result.kinds() == ["timeout"], result.stdout
    assert result.udp["lost"] == result.errors["timeout"] == 10, result.stdout
    assert result.udp["received"] == 90 and result.udp["late"] == 0
    assert result.first_errors["timeout"].startswith("connection 0: datagram 3: no answer")


def test_a_number_of_datagrams_takes_until_the_last_is_lost():
    result = dishonest(lambda send, data, n: n == 99 or send(data), "-n", 100)
    assert result.messages == 99 and result.udp["lost"] == 1, result.stdout
    assert 0.2 <= result.duration_s < 1, result.duration_s


def test_a_number_of_datagrams_takes_no_longer_than_the_last_answer():
    """Not the 50 ms in which it sees that nothing more comes."""
    with UdpServer(honest) as server:
        took = [run(server.target, "-c", 1, "-n", 5).duration_s for _ in range(5)]
    assert min(took) < 0.04, took


def test_losses_that_are_allowed():
    args = ["-n", 100, "-p", 20, "--max-errors", 10]
    result = dishonest(lambda send, data, n: n % 10 == 3 or send(data), *args)
    assert result.status == 0 and result.udp["lost"] == 10, result.stdout


def test_duplicated():
    """The last one too, behind which nothing is awaited any more."""

    def serve(send, data, n):
        for _ in range(1 + (n % 10 == 9)):
            send(data)

    for size in [16, 64, 2000]:
        args = ["-n", 100, "-s", size, "--max-errors", 1000]
        result = dishonest(serve, *args)
        assert result.status == 1 and result.udp["duplicated"] == 10, result.stdout
        assert result.udp["received"] == 100 and result.udp["lost"] == 0


def test_reordered():
    """Every two change places: no error."""
    held = []

    def serve(send, data, n):
        held.append(data)
        if len(held) == 2:
            send(held.pop())
            send(held.pop())

    result = dishonest(serve, "-n", 100, "-p", 2)
    result.check_well()
    assert result.udp["reordered"] == 50, result.stdout


def test_corrupt():
    """A bit anywhere, in the number, the time and the stream; cut; or too long."""
    flip = lambda data, i: data[:i] + bytes([data[i] ^ 1]) + data[i + 1:]
    for spoil, text in [
        (lambda data: flip(data, 0), "none of those sent"),
        (lambda data: flip(data, 7), "none of those sent"),
        (lambda data: flip(data, 8), "datagram 3: offset 8: got 0x"),
        (lambda data: flip(data, 63), "datagram 3: offset 63: got 0x"),
        (lambda data: data[:-1], "datagram 3: 63 bytes came back of 64"),
        (lambda data: data + b"!", "datagram 3: 65 bytes came back of 64"),
        (lambda data: b"", "0 bytes came that are none of those sent"),
    ]:
        serve = lambda send, data, n: send(spoil(data) if n == 3 else data)
        result = dishonest(serve, "-n", 10, "--max-errors", 1000)
        assert result.status == 1 and result.udp["corrupt"] == 1, result.stdout
        assert text in result.first_errors["mismatch"], result.stdout
        assert result.udp["received"] == 9, result.stdout


def test_delayed():
    """After the limit: lost, and late when they come; and not twice in the figures."""

    def serve(send, data, n):
        time.sleep(0.35 if n == 3 else 0)
        send(data)

    result = dishonest(serve, "-d", 1)
    assert result.status == 1 and result.kinds() == ["timeout"], result.stdout
    assert result.udp["lost"] == result.udp["late"] >= 1, result.stdout
    assert result.udp["duplicated"] == result.udp["corrupt"] == 0


def test_losses_do_not_hang_an_open_loop():
    begun = time.monotonic()
    result = dishonest(lambda send, data, n: n % 2 or send(data), "-d", 1, "-r", 200)
    assert time.monotonic() - begun < 3
    assert result.udp["sent"] + result.late == 200, result.stdout
    assert result.udp["lost"] >= 3 and result.udp["received"] >= 3


def test_never_answers():
    begun = time.monotonic()
    for args in [[], ["-r", 100]]:
        result = dishonest(lambda send, data, n: None, "-d", 0.5, *args)
        assert result.status == 1 and result.udp["received"] == 0, result.stdout
        assert "no message was answered" in result.failed_because
    assert time.monotonic() - begun < 4


def test_jitter():
    """Every second answer 20 ms later: near 20 ms, and near nothing without."""
    serve = lambda send, data, n: (time.sleep(0.02 * (n % 2)), send(data))
    jitter = dishonest(serve, "-n", 100).udp["jitter_us"]
    assert 8_000 < jitter < 22_000, jitter
    assert dishonest(honest, "-n", 1000).udp["jitter_us"] < 3_000


# ---- usage ----


def test_usage():
    for args in [
        ["--udp", "-m", "churn"],
        ["-m", "idle", "udp:localhost:7"],
        ["--udp", "-s", 65508],
        ["--udp", "unix:/tmp/sock"],
        ["--source", "127.0.0.1", "unix:/tmp/sock"],
        ["unix:relative"],
        ["unix:/" + "x" * 108],
        ["udp:"],
        ["udp:localhost:0"],
    ]:
        done = run_stress(*args)
        assert done.returncode == 64 and done.stdout == "", (args, done)


main()
