"""UNIX stream sockets."""

import os
import random
import signal
import socket
import stat
import tempfile

from harness import (
    Echod,
    PATIENCE,
    check_echo,
    main,
    read_exactly,
    read_to_end,
    run_echod,
    wait_until,
    was_refused,
)


class Folder(tempfile.TemporaryDirectory):
    """A folder for a socket; gives its path."""

    def __init__(self):
        super().__init__(prefix="echod-unix-")

    def __enter__(self):
        return os.path.join(super().__enter__(), "sock")


def dialled(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(PATIENCE)
    try:
        sock.connect(path)
    except OSError:
        sock.close()
        raise
    return sock


def test_echo(backend):
    with Folder() as path, Echod(backend, listen=[f"unix:{path}"]) as echod:
        with dialled(path) as sock:
            check_echo(sock)
            data = random.randbytes(100_000)
            for _ in range(10):
                check_echo(sock, data)
            sock.shutdown(socket.SHUT_WR)
            assert read_to_end(sock) == b""
        peer = rf"unix pid {os.getpid()} uid {os.getuid()}"
        echod.wait_log(rf"closed {peer}: eof, 1000005 bytes")


def test_mode_and_removal(backend):
    with Folder() as path:
        for text, mode in [("0666", 0o666), ("600", 0o600)]:
            with Echod(backend, listen=[f"unix:{path}"], socket={"unix_mode": text}):
                assert stat.S_IMODE(os.stat(path).st_mode) == mode
            assert not os.path.exists(path)


def test_stale_file(backend):
    with Folder() as path:
        old = socket.socket(socket.AF_UNIX)
        old.bind(path)
        old.listen()
        old.close()
        with Echod(backend, listen=[f"unix:{path}"]), dialled(path) as sock:
            check_echo(sock)


def test_file_in_use(backend):
    with Folder() as path, Echod(backend, listen=[f"unix:{path}"]):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(f'listen = [ "unix:{path}" ];\n')
            file.flush()
            done = run_echod("-c", file.name)
        assert done.returncode == 69, done
        assert f"cannot listen on unix:{path}: Address already in use" in done.stderr
        with dialled(path) as sock:
            check_echo(sock)


def test_other_files_are_left_alone():
    with Folder() as path, tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(f'listen = [ "unix:{path}" ];\n')
        file.flush()
        with open(path, "w", encoding="utf-8") as other:
            other.write("precious")
        assert run_echod("-c", file.name).returncode == 69
        with open(path, encoding="utf-8") as other:
            assert other.read() == "precious"


def test_file_of_another_is_not_removed(backend):
    with Folder() as path:
        with Echod(backend, listen=[f"unix:{path}"]):
            os.unlink(path)
            with open(path, "w", encoding="utf-8"):
                pass
        assert os.path.exists(path)


def test_removed_after_a_failed_start(backend):
    """One listener of two cannot be had: nothing is left of the other."""
    with Folder() as path, Echod(backend) as echod:
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(f'listen = [ "unix:{path}", "0.0.0.0:{echod.port()}" ];\n')
            file.flush()
            assert run_echod("-c", file.name).returncode == 69
        assert not os.path.exists(path)


def test_reload_adds_and_removes(backend):
    with Folder() as path, Echod(backend) as echod:
        port = echod.port()
        echod.write_config(listen=["127.0.0.1:0", f"unix:{path}"])
        echod.reload()
        with dialled(path) as sock:
            check_echo(sock)
            echod.write_config(port=port)
            echod.reload()
            wait_until(lambda: not os.path.exists(path), "the file is gone")
            check_echo(sock)


def test_reload_makes_a_file_that_is_gone(backend):
    """But another way to the file that there is leads to the same socket."""
    with Folder() as path, Echod(backend, listen=[f"unix:{path}"]) as echod:
        old = dialled(path)
        os.unlink(path)
        lines = echod.reload()
        assert any(f"listening on unix:{path}" in line for line in lines), lines
        for sock in old, dialled(path):
            with sock:
                check_echo(sock)

        echod.write_config(listen=["unix:" + path.replace("/sock", "//sock")])
        assert not any("listening" in line for line in echod.reload())
        with dialled(path) as sock:
            check_echo(sock)


def test_limits_count_them(backend):
    limits = {"max_connections_per_address": 1}
    with Folder() as path, Echod(backend, listen=[f"unix:{path}"], limits=limits) as echod:
        with dialled(path) as sock:
            check_echo(sock)
            assert was_refused(dialled(path))
            echod.wait_log(r"refused unix pid \d+ uid \d+: limit")


def test_rules_for_addresses_do_not_concern_them(backend):
    access = {"allow": ["192.0.2.1"], "deny": ["0.0.0.0/0", "::/0"]}
    with Folder() as path, Echod(backend, listen=[f"unix:{path}"], access=access):
        with dialled(path) as sock:
            check_echo(sock)


def test_drain(backend):
    """TERM: what is under way comes back, then FIN; the file is gone."""
    with Folder() as path, Echod(backend, listen=[f"unix:{path}"]) as echod:
        with dialled(path) as sock:
            check_echo(sock)
            echod.pause()
            sock.sendall(b"last words")
            echod.signal(signal.SIGTERM)
            echod.resume()
            assert read_exactly(sock, 10) == b"last words"
            assert sock.recv(1) == b""
        assert echod.wait_exit() == 0
        assert not os.path.exists(path)


if __name__ == "__main__":
    main()
