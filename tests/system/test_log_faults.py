"""A log that takes nothing more: the echo goes on, nothing spins, lost lines are counted."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from harness import Echod, Skip, check_echo, free_port, main, read_to_end, wait_until
from networks import in_new_network


def echod_with_log(backend, log, shell=""):
    """Its log goes to this descriptor, and has lines for each connection."""
    return Echod(backend, ["-v", "-p", free_port()], shell, stderr=log)


def talk(echod):
    """More of it than a small log takes; afterwards it sleeps."""
    for _ in range(100):
        client = echod.connect()
        check_echo(client)
        client.shutdown(socket.SHUT_WR)
        assert read_to_end(client) == b""
        client.close()
        echod.clients.remove(client)
        echod.signal(signal.SIGUSR1)
    cpu = echod.cpu_seconds()
    time.sleep(0.5)
    assert echod.cpu_seconds() - cpu < 0.1, "it is busy, and nobody is there"


# ---- those who do not read ----


def check_told(echod, stream):
    """With room again it says how much was lost, and goes on."""
    echod.collect(stream)
    echod.signal(signal.SIGUSR1)
    echod.wait_log(r"\d+ lines of log were lost")
    echod.wait_log("statistics")


@contextlib.contextmanager
def echod_with_full_pipe(backend):
    """An echod, and the read end of its log, that nobody reads."""
    read_end, write_end = os.pipe()
    with open(read_end, "rb") as log, echod_with_log(backend, write_end) as echod:
        # A descriptor of our own: its O_NONBLOCK must not be echod's as well.
        filler = os.open(f"/proc/self/fd/{write_end}", os.O_WRONLY | os.O_NONBLOCK)
        os.close(write_end)
        try:
            while True:
                os.write(filler, b".")
        except BlockingIOError:
            os.close(filler)
        yield echod, log


def test_full_pipe(backend):
    """A reader that stands still stops nothing; later it learns what it has missed."""
    with echod_with_full_pipe(backend) as (echod, log):
        talk(echod)
        os.read(log.fileno(), 1 << 20)
        check_told(echod, log)


def test_reader_gone(backend):
    """A log that nobody will read again is no reason to end."""
    with echod_with_full_pipe(backend) as (echod, log):
        talk(echod)
        nobody = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nobody, log.fileno())
        os.close(nobody)
        talk(echod)


def test_full_socket(backend):
    """What the journal reads is one."""
    reader, log = socket.socketpair()
    with reader, echod_with_log(backend, log.fileno()) as echod:
        try:
            while True:
                log.send(b".", socket.MSG_DONTWAIT)
        except BlockingIOError:
            log.close()
        talk(echod)
        reader.recv(1 << 20)
        check_told(echod, reader.makefile("rb"))


def test_socket_reader_gone(backend):
    reader, log = socket.socketpair()
    with echod_with_log(backend, log.fileno()) as echod:
        log.close()
        reader.close()
        talk(echod)


# ---- no room ----


def test_full_device(backend):
    with open("/dev/full", "wb") as log, echod_with_log(backend, log) as echod:
        talk(echod)


def test_file_size_limit(backend):
    """ulimit -f, LimitFSIZE=: no reason to end either."""
    with tempfile.TemporaryFile() as log:
        with echod_with_log(backend, log, "ulimit -f 8") as echod:
            talk(echod)
        assert 4096 <= os.fstat(log.fileno()).st_size <= 8192, "there was no limit"


@contextlib.contextmanager
def small_disk():
    with tempfile.TemporaryDirectory(prefix="echod-disk-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "echod-test", folder]
        if shutil.which("mount") is None or subprocess.run(mount).returncode != 0:
            raise Skip("no file system of one's own")
        try:
            yield folder
        finally:
            subprocess.run(["umount", folder], check=True)


def fill_up(path):
    """With a file of this name."""
    with open(path, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


@in_new_network
def test_full_disk(backend):
    """When there is room again, the log goes on, and says what is missing."""
    with small_disk() as folder:
        path, ballast = os.path.join(folder, "log"), os.path.join(folder, "ballast")
        with open(path, "wb") as log, echod_with_log(backend, log) as echod:
            fill_up(ballast)
            talk(echod)
            os.unlink(ballast)
            echod.signal(signal.SIGUSR1)
            wait_until(lambda: "lines of log were lost" in read(path), "it has been told")
            talk(echod)
            for line in read(path).splitlines():  # the one that did not fit ends somewhere
                assert not re.search(r".\d{4}-\d\d-\d\dT\d\d:", line), line


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


if __name__ == "__main__":
    main()
