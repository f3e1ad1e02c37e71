"""Runs the built echo-stress, and servers that are wrong in every way for it to find."""

import json
import os
import socket
import subprocess
import threading

from harness import PATIENCE

STRESS = os.path.join(os.environ.get("builddir", "."), "echo-stress")
KINDS = ["refused", "timeout", "reset", "eof", "mismatch", "bind", "other"]


class Result:
    """What a run of echo-stress --json came to; its figures are attributes."""

    def __init__(self, done):
        self.status = done.returncode
        self.stderr = done.stderr
        self.stdout = done.stdout
        self.json = json.loads(done.stdout) if done.stdout else {}

    def __getattr__(self, name):
        return self.json[name]

    def kinds(self):
        """The kinds of errors there were."""
        return [kind for kind in KINDS if self.errors[kind] > 0]

    def check_well(self):
        assert self.status == 0, (self.status, self.stdout, self.stderr)
        assert self.result == "ok" and self.kinds() == [], self.stdout
        assert self.unanswered == 0, self.stdout


def target(echod):
    return f"127.0.0.1:{echod.port()}"


def start_stress(*args):
    return subprocess.Popen(
        [STRESS, *map(str, args)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish_stress(process):
    stdout, stderr = process.communicate(timeout=PATIENCE)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def run_stress(*args):
    """As people run it; returns a subprocess.CompletedProcess."""
    return finish_stress(start_stress(*args))


def stress(port, *args):
    """As a machine runs it; returns a Result."""
    return Result(run_stress("--json", *args, f"127.0.0.1:{port}"))


class Server:
    """Listens on a port of its own, and calls serve(sock, n) for the n-th client.

    serve() runs in a thread of its own; the socket is closed when it returns.
    """

    def __init__(self, serve):
        self.serve = serve
        self.sock = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self.sock.getsockname()[1]
        self.clients = []

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stop_listening()
        for client in self.clients:
            client.close()

    def stop_listening(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)  # ends accept() too
        except OSError:
            pass  # it has been done
        self.sock.close()

    def accept(self):
        while True:
            try:
                client, _ = self.sock.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(
                target=self.run, args=(client, len(self.clients)), daemon=True
            ).start()
            self.clients.append(client)

    def run(self, client, n):
        with client:
            try:
                self.serve(client, n)
            except OSError:
                pass  # the client has had enough


def echo(sock, data=b""):
    """Be honest, with these bytes first, until FIN."""
    while True:
        sock.sendall(data)
        data = sock.recv(65536)
        if not data:
            return


def spoil_at(offset, spoil):
    """An echo that replaces what it has in hand when it comes to an offset.

    It waits until it has two bytes from there on, or spoil.least of them, and
    sends spoil(them) instead; then it is honest.
    """

    def serve(sock, _):
        least = offset + getattr(spoil, "least", 2)
        held = b""
        while len(held) < least:
            data = sock.recv(65536)
            if not data:
                return
            held += data
            honest = max(0, min(len(held), offset) - (len(held) - len(data)))
            sock.sendall(data[:honest])
        echo(sock, spoil(held[offset:]))

    return serve
