"""The examples do what the documents say of them."""

import os
import re
import socket
import subprocess

from harness import PATIENCE, check_echo, free_port, main, read_to_end, wait_until

EXAMPLES = os.path.join(os.environ.get("builddir", "."), "src", "examples")


def test_timers():
    """Three sleeps at the same time; none ends early, nor much too late."""
    result = subprocess.run(
        [os.path.join(EXAMPLES, "timers")],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    lines = re.findall(r"^Task (\d) (start|end): (\d+\.\d\d)$", result.stdout, re.M)
    assert len(lines) == result.stdout.count("\n")
    expected = [
        ("1", "start", 0),
        ("2", "start", 0),
        ("3", "start", 0),
        ("2", "end", 1),
        ("3", "end", 2),
        ("1", "end", 3),
    ]
    assert [line[:2] for line in lines] == [line[:2] for line in expected]
    for line, (_, _, at) in zip(lines, expected):
        assert at <= float(line[2]) < at + 1, line


def test_tcp_server():
    """Echoes for two at once, and closes when the client does."""
    port = free_port()

    def connect():
        try:
            return socket.create_connection(("127.0.0.1", port), PATIENCE)
        except ConnectionRefusedError:
            return None

    server = subprocess.Popen([os.path.join(EXAMPLES, "tcp_server"), str(port)])
    try:
        first = wait_until(connect, "it listens")
        second = connect()
        for client in (second, first, second):
            check_echo(client, b"hello")
        for client in (first, second):
            client.sendall(bytes(1 << 20))
            client.shutdown(socket.SHUT_WR)
        for client in (second, first):
            assert read_to_end(client) == bytes(1 << 20)
            client.close()
        assert server.poll() is None
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main()
