"""Each way in which a server can be wrong is found, called by its name, and fails."""

import contextlib
import json
import os
import re
import socket
import subprocess
import tempfile
import threading
import time

from harness import Skip, free_port, main, reset
from stress import STRESS, Result, Server, echo, run_stress, spoil_at, stress

OFFSET = 1000  # where most of them go wrong; inside the 16th message


def check_found(serve, kind, pattern, *args, offset=OFFSET):
    """With one connection, where everything is known beforehand."""
    with Server(serve) as server:
        result = stress(
            server.port, "-c", 1, "-d", 0.4, "--timeout", 0.3, "--seed", 7, *args
        )
    assert result.status == 1, (result.status, result.stdout)
    assert result.result == "failed", result.stdout
    assert result.kinds() == [kind], result.stdout
    first = result.first_errors[kind]
    assert re.search(pattern, first), first
    assert first.startswith(f"connection 0: offset {offset}:"), first
    assert first in result.stderr, result.stderr
    return result


# ---- wrong bytes ----


def flip(data):
    return bytes([data[0] ^ 1]) + data[1:]


def test_flipped_bit():
    result = check_found(
        spoil_at(OFFSET, flip), "mismatch", r"1 wrong, then right again$"
    )
    got, expected = re.search(
        "got 0x(..), expected 0x(..)", result.first_errors["mismatch"]
    ).groups()
    assert int(got, 16) == int(expected, 16) ^ 1
    assert any("wrong bytes" in why for why in result.failed_because)


def test_flipped_bit_is_not_forgiven():
    with Server(spoil_at(OFFSET, flip)) as server:
        result = stress(server.port, "-c", 1, "-d", 0.4, "--max-errors", 1000)
    assert result.status == 1, result.stdout


def test_flipped_bit_far_into_the_stream():
    offset = 5_000_003
    args = ["-s", 100_000, "-n", 60]
    check_found(spoil_at(offset, flip), "mismatch", "1 wrong", *args, offset=offset)


def test_dropped_byte():
    check_found(
        spoil_at(OFFSET, lambda data: data[1:]), "mismatch", r"1 too early: bytes lost"
    )


def test_dropped_byte_in_small_pipelined_messages():
    check_found(
        spoil_at(OFFSET, lambda data: data[1:]),
        "mismatch",
        r"bytes of offset 1001, 1 too early",
        "-p",
        100,
        "-s",
        "1-3",
    )


def drop_last(data):
    return data[:-1]


drop_last.least = 1


def test_dropped_last_byte():
    """The last byte of a message: nothing but the answer's end is missing."""
    check_found(
        spoil_at(1023, drop_last),
        "timeout",
        r"no answer within 0.3 s, with 1 bytes to come",
        offset=1023,
    )


def test_repeated_byte():
    check_found(
        spoil_at(OFFSET, lambda data: data[:1] + data),
        "mismatch",
        r"offset 1000, 1 too late: bytes repeated",
        offset=OFFSET + 1,
    )


def test_swapped_bytes():
    check_found(
        spoil_at(OFFSET, lambda data: data[1::-1] + data[2:]),
        "mismatch",
        r"2 wrong, then right again$",
    )


def swap(data):
    return data[64:128] + data[:64] + data[128:]


swap.least = 128


def test_swapped_messages():
    check_found(
        spoil_at(640, swap),
        "mismatch",
        r"bytes of offset 704, 64 too early: out of order$",
        "-p",
        20,
        offset=640,
    )


def test_bytes_of_another_connection():
    """Two clients get each other's answers."""
    sockets = []

    def serve(sock, _):
        sockets.append(sock)
        while len(sockets) < 2:
            time.sleep(0.001)
        while data := sock.recv(65536):
            sockets[sockets[0] is sock].sendall(data)

    with Server(serve) as server:
        result = stress(server.port, "-c", 2, "-n", 2, "--timeout", 1)
    assert result.status == 1 and "mismatch" in result.kinds(), result.stdout
    assert "not from near here" in result.first_errors["mismatch"]


def test_zeros():
    check_found(
        spoil_at(0, lambda data: bytes(len(data))),
        "mismatch",
        "got 0x00, .*not from near here",
        offset=0,
    )


# ---- surplus ----


def test_surplus_with_the_answer():
    def serve(sock, _):
        while data := sock.recv(65536):
            sock.sendall(data + b"!")

    check_found(
        serve, "mismatch", "got 0x21, expected nothing: 1 surplus", offset=64
    )


def add_urgent(sock, _=None):
    while data := sock.recv(65536):
        sock.sendall(data)
        sock.send(b"!", socket.MSG_OOB)


def test_urgent_surplus():
    """Out of band is no place to hide a byte."""
    check_found(add_urgent, "mismatch", "got 0x21, expected ", offset=64)


def test_urgent_surplus_over_unix():
    def serve(sock):
        client, _ = sock.accept()
        with client, contextlib.suppress(OSError):
            add_urgent(client)

    left, right = socket.socketpair()
    with left, right:
        try:
            left.send(b"!", socket.MSG_OOB)
        except OSError as error:
            raise Skip(f"nothing urgent over UNIX sockets: {error}")
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as sock:
        path = os.path.join(folder, "sock")
        sock.bind(path)
        sock.listen(1)
        threading.Thread(target=serve, args=(sock,), daemon=True).start()
        result = Result(run_stress("--json", "-c", 1, "-n", 1, f"unix:{path}"))
    assert result.kinds() == ["mismatch"], result.stdout
    assert "offset 64: got 0x21" in result.first_errors["mismatch"], result.stdout


def test_surplus_before_anything():
    def serve(sock, _):
        sock.sendall(b"hello\n")
        time.sleep(0.2)

    with Server(serve) as server:
        result = stress(server.port, "-c", 1, "-d", 1, "-r", 1, "--ramp", 0.1)
    assert result.kinds() == ["mismatch"], result.stdout


def test_surplus_at_the_end():
    """After the last message and our FIN."""

    def serve(sock, _):
        echo(sock)
        sock.sendall(b"goodbye")

    for args in [["-n", 50], ["-d", 0.3]]:
        with Server(serve) as server:
            result = stress(server.port, "-c", 5, *args)
        assert result.status == 1, result.stdout
        assert result.errors["mismatch"] == 5, result.stdout
        assert "7 surplus" in result.first_errors["mismatch"]


def test_surplus_while_idle():
    def serve(sock, _):
        sock.sendall(sock.recv(100))
        time.sleep(0.2)
        sock.sendall(b"are you there?")
        time.sleep(1)

    check_found(serve, "mismatch", "14 surplus", "-m", "idle", offset=64)


# ---- endings ----


def take_then(n, end):
    """Echo n bytes, then something else."""

    def serve(sock, _):
        left = n
        while left > 0:
            data = sock.recv(left)
            if not data:
                return
            sock.sendall(data)
            left -= len(data)
        end(sock)

    return serve


def test_closed_early():
    check_found(
        take_then(OFFSET, lambda sock: sock.recv(65536)),
        "eof",
        "ended the stream early, with 24 bytes to come",
    )


def test_closed_at_once():
    with Server(lambda sock, _: sock.recv(1, 0) and None) as server:
        result = stress(server.port, "-c", 1, "-d", 0.5)
    assert result.status == 1 and set(result.kinds()) <= {"eof", "reset"}
    assert result.messages == 0
    assert "no message was answered" in result.failed_because
    assert 2 <= result.connects <= 6, "it connects again, after 100 ms"


def test_closed_while_idle():
    check_found(
        take_then(64, lambda sock: time.sleep(0.1)),
        "eof",
        "with 0 bytes to come",
        "-m",
        "idle",
        offset=64,
    )


def test_reset():
    check_found(take_then(OFFSET, reset), "reset", "Connection reset by peer")


def test_resets_behind_an_answer():
    """Some of them are met while sending; and the next connections are fine."""

    def serve(sock, n):
        if n < 40:
            sock.sendall(sock.recv(64))
            reset(sock)
        else:
            echo(sock)

    with Server(serve) as server:
        result = stress(server.port, "-c", 20, "-d", 1, "--timeout", 0.3)
    assert result.kinds() == ["reset"] and result.errors["reset"] == 40, result.stdout
    assert result.messages > 1000


def test_stops_answering():
    def fall_silent(sock):
        while sock.recv(65536):
            pass

    check_found(
        take_then(OFFSET, fall_silent), "timeout", "no answer within 0.3 s, with 24 "
    )


def test_never_answers_to_the_second():
    """Not some time after the limit, but at it."""
    with Server(lambda sock, _: time.sleep(5)) as server:
        begun = time.monotonic()
        result = stress(server.port, "-c", 2, "-n", 2, "--timeout", 1)
        assert 1 <= time.monotonic() - begun < 1.6
    assert result.errors["timeout"] == 2 and result.unanswered == 2, result.stdout


def test_waits_for_the_last_answers_asleep():
    with Server(lambda sock, _: time.sleep(5)) as server:
        result = stress(server.port, "-c", 2, "-d", 0.1, "--timeout", 1)
    assert result.errors["timeout"] == 2, result.stdout
    assert result.client_cpu < 0.3, result.stdout


def test_never_answers():
    check_found(
        take_then(0, lambda sock: time.sleep(2)), "timeout", "no answer", offset=0
    )


def test_answers_too_late():
    def serve(sock, _):
        data = sock.recv(64)
        time.sleep(0.2)
        sock.sendall(data[:32])
        time.sleep(0.2)
        sock.sendall(data[32:])
        echo(sock)

    check_found(
        serve, "timeout", r"came after 0.[4-9].. s, over the limit", "-d", 1, offset=64
    )


def test_trickles():
    """Each byte in time, the message not."""

    def serve(sock, _):
        while data := sock.recv(1):
            sock.sendall(data)
            time.sleep(0.02)

    with Server(serve) as server:
        result = stress(server.port, "-c", 1, "-d", 0.4, "--timeout", 0.3)
    assert result.status == 1 and result.kinds() == ["timeout"], result.stdout


def test_trickles_without_end():
    """Not only at the end of the message: this one would take minutes."""

    def serve(sock, _):
        while data := sock.recv(1):
            sock.sendall(data)
            time.sleep(0.02)

    with Server(serve) as server:
        begun = time.monotonic()
        result = stress(server.port, "-c", 1, "-n", 1, "-s", 50_000, "--timeout", 0.3)
        assert time.monotonic() - begun < 5
    assert result.kinds() == ["timeout"] and result.unanswered == 1, result.stdout
    assert "no answer within 0.3 s" in result.first_errors["timeout"]


def test_delay_within_the_limit_is_latency():
    def serve(sock, _):
        while data := sock.recv(65536):
            time.sleep(0.05)
            sock.sendall(data)

    with Server(serve) as server:
        result = stress(server.port, "-c", 2, "-d", 0.5)
    result.check_well()
    assert 50_000 <= result.latency_us["min"] <= result.latency_us["p50"] < 150_000
    assert 4 <= result.messages <= 22


def test_answers_fin_without_the_rest():
    """Half-closed, and the server forgets what it still owes."""

    def serve(sock, _):
        data = b""
        while piece := sock.recv(65536):
            data += piece
        sock.sendall(data[:OFFSET])

    check_found(
        serve, "eof", "with 9000 bytes to come", "-m", "halfclose", "-s", 10_000
    )


def test_no_fin_after_fin():
    def serve(sock, _):
        echo(sock)
        time.sleep(5)

    check_found(
        serve, "timeout", "all came back, but no FIN", "-m", "halfclose", offset=64
    )


def test_one_dishonest_of_many():
    """One bad connection among forty is found, and told with its number."""

    def serve(sock, n):
        spoil_at(50_000 if n == 0 else 1 << 60, flip)(sock, n)

    with Server(serve) as server:
        result = stress(server.port, "-c", 20, "-d", 2)
    assert result.status == 1 and result.errors["mismatch"] == 1, result.stdout
    assert re.match(r"connection \d+: offset 50000: ", result.first_errors["mismatch"])


# ---- no server ----


def test_refused():
    result = stress(free_port(), "-d", 5)
    assert result.status == 69, result.status
    assert result.kinds() == ["refused"] and result.messages == 0
    assert "no connection could be made" in result.failed_because
    assert result.duration_s < 2
    assert result.client_cpu < 1.1, "it has but one thread"


def test_refused_by_itself():
    """Where the only port to connect from is the one to connect to."""
    ports = "echo 40000 40000 > /proc/sys/net/ipv4/ip_local_port_range"
    alone = ["unshare", "-rn", "sh", "-c", f'ip link set lo up && {ports} && exec "$@"']
    if subprocess.run([*alone, "sh", "true"], capture_output=True).returncode != 0:
        raise Skip("no network namespaces")
    for target in ["127.0.0.1:40000", "udp:127.0.0.1:40000"]:
        args = ["-c", "1", "-d", "0.2", "--json", target]
        done = subprocess.run([*alone, "sh", STRESS, *args], capture_output=True)
        assert done.returncode == 69, (done.returncode, done.stderr)
        assert json.loads(done.stdout)["errors"]["refused"] == 1, done.stdout


def test_unknown_name():
    done = run_stress("-d", 1, "no-such-name.invalid")
    assert done.returncode == 69, done.returncode
    assert "no-such-name.invalid" in done.stderr and done.stdout == ""


def test_server_goes_away():
    """It is there, then it is gone: refused, and the run still ends in time."""

    def serve(sock, n):
        sock.sendall(sock.recv(64))
        reset(sock)
        if n == 0:
            server.stop_listening()

    with Server(serve) as server:
        begun = time.monotonic()
        result = stress(server.port, "-c", 3, "-d", 30, "--max-errors", 1)
        assert time.monotonic() - begun < 10
        assert result.status == 1, result.stdout
        assert result.errors["refused"] > 0, result.stdout


main()
