"""Starts the built echod, talks to it, and runs test functions as TAP.

A test is a function `test_NAME(backend)`, run once for each backend, or
`test_NAME()`, run once.  It fails by raising.  Run one file, or some of its
tests, from the build folder:

    python3 SRCDIR/tests/system/test_echo.py [test_NAME ...]
"""

import inspect
import os
import random
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

ECHOD = os.path.join(os.environ.get("builddir", "."), "echod")
BACKENDS = os.environ.get("BACKENDS", "select epoll").split()

# Seconds until something that has to come is given up.
PATIENCE = float(os.environ.get("PATIENCE", 20))
TEST_TIMEOUT = 60  # seconds, for one test on one backend


class Skip(Exception):
    """This machine cannot run the test; says why."""


def is_sanitized():
    """Was echod built with --enable-sanitizers?"""
    with open(ECHOD, "rb") as file:
        return b"__asan_init" in file.read()


# ---- time ----


def wait_until(condition, what):
    """Look again and again until condition() is true, and return what it returned."""
    end = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.005)
    return result


# ---- sockets ----


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
        return True
    except OSError:
        return False


def free_port():
    """A port below those that the kernel picks for others, free in both families."""
    while True:
        port = random.randrange(10000, 32000)
        try:
            for host in ["0.0.0.0", "::"] if has_ipv6() else ["0.0.0.0"]:
                family = socket.AF_INET6 if ":" in host else socket.AF_INET
                with socket.socket(family) as sock:
                    sock.bind((host, port))
            return port
        except OSError:
            continue


def read_exactly(sock, size):
    data = bytearray()
    while len(data) < size:
        piece = sock.recv(min(size - len(data), 1 << 20))
        if not piece:
            raise EOFError(f"FIN after {len(data)} of {size} bytes")
        data += piece
    return bytes(data)


def read_to_end(sock):
    """All that comes until FIN; a reset raises."""
    data = bytearray()
    while piece := sock.recv(1 << 20):
        data += piece
    return bytes(data)


def check_echo(sock, data=b"hello"):
    sock.sendall(data)
    assert read_exactly(sock, len(data)) == data, "the echo is not what was sent"


def reset(sock):
    """Close with RST instead of FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def was_refused(sock):
    """Has the connection been closed without a byte?"""
    try:
        return sock.recv(1) == b""
    except ConnectionResetError:
        return True


def fill(sock):
    """Send without reading until nothing more fits; returns what was sent."""
    sent = bytearray()
    piece = random.randbytes(100_003)
    sock.settimeout(0.3)
    try:
        while True:
            sent += piece[: sock.send(piece)]
    except socket.timeout:
        sock.settimeout(PATIENCE)
        return bytes(sent)


# ---- the daemon ----


def config_text(settings):
    """Settings in the format of echod.conf(5)."""

    def value(v):
        if isinstance(v, bool):
            return "true" if v else "false"
        if isinstance(v, str):
            return f'"{v}"'
        if isinstance(v, list):
            return "[ " + ", ".join(map(value, v)) + " ]"
        return str(v)

    lines = []
    for key, v in settings.items():
        if isinstance(v, dict):
            inner = " ".join(f"{k} = {value(x)};" for k, x in v.items())
            lines.append(f"{key}: {{ {inner} }};")
        else:
            lines.append(f"{key} = {value(v)};")
    return "\n".join(lines) + "\n"


def environment(**more):
    """Ours, without what a service manager may have told us."""
    env = dict(os.environ, **more)
    for name in ["JOURNAL_STREAM", "NOTIFY_SOCKET", "LISTEN_FDS", "WATCHDOG_USEC"]:
        if name not in more:
            env.pop(name, None)
    return env


def run_echod(*args, shell=""):
    """Run echod until it exits by itself; returns a subprocess.CompletedProcess."""
    return subprocess.run(
        command(args, shell),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment(),
    )


def command(args, shell=""):
    """echod with arguments, started by a shell that runs a line of its own first."""
    return ["sh", "-c", f'{shell}\nexec "$0" "$@"', ECHOD, *map(str, args)]


class Echod:
    """A running echod; leaving the `with` block ends it and checks that it ends well.

    Settings are those of the configuration file: Echod(b, timeouts={"idle": 1}).
    shell: a line of shell to run before it in the same process, as "ulimit -n 40".
    stderr: a descriptor for the log, which is then not collected; without a log
    to read the port in, name one with args=["-p", PORT].
    pass_fds: descriptors that stay open in it.
    """

    def __init__(
        self,
        backend,
        args=(),
        shell="",
        env=None,
        stderr=None,
        pass_fds=(),
        **settings,
    ):
        self.backend = backend
        self.args = args
        self.shell = shell
        self.env = environment(**(env or {}))
        self.stderr = stderr
        self.pass_fds = pass_fds
        self.settings = settings
        self.folder = tempfile.TemporaryDirectory(prefix="echod-test-")
        self.config = os.path.join(self.folder.name, "echod.conf")
        self.lines = []
        self.news = threading.Condition()
        self.collector = None  # thread that reads the log
        self.ended = False  # the log
        self.clients = []

    def __enter__(self):
        self.write_config(**self.settings)
        self.process = subprocess.Popen(
            command(["-c", self.config, *self.args], self.shell),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if self.stderr is None else self.stderr,
            env=self.env,
            pass_fds=self.pass_fds,
        )
        self.pid = self.process.pid
        try:
            if self.stderr is None:
                self.collect(self.process.stderr)
                self.addresses = self.wait_addresses()
            else:
                self.addresses = [("127.0.0.1", int(self.args[-1]))]
                wait_until(self.try_connect, "it accepts")
            wait_until(self.is_ready, "it obeys signals")
        except BaseException:
            self.abandon()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            self.abandon()
            return
        try:
            for client in self.clients:
                client.close()
            if self.process.poll() is None:
                self.signal(signal.SIGTERM)
            status = self.wait_exit()
            assert status == 0, f"it ended with status {status}"
        except BaseException:
            self.abandon()
            raise
        self.folder.cleanup()

    def abandon(self):
        """After a failure: end it at once, and show its log."""
        for client in self.clients:
            client.close()
        self.process.kill()
        self.process.wait()
        if self.collector:
            self.collector.join(PATIENCE)
        for line in self.lines[-100:]:
            print("# log:", line)
        self.folder.cleanup()

    # -- its configuration and its life

    def write_config(self, **settings):
        """Write the file anew.  `port = 0` unless told otherwise."""
        if "port" not in settings and "listen" not in settings:
            settings["port"] = 0
        settings["loop"] = {"backend": self.backend, **settings.get("loop", {})}
        self.write_config_text(config_text(settings))

    def write_config_text(self, text):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)

    def signal(self, number):
        self.process.send_signal(number)

    def reload(self):
        """HUP, and wait until it is over; returns the lines logged meanwhile."""
        start = len(self.lines)
        self.signal(signal.SIGHUP)
        self.wait_log(r"reload(ed| failed)", start)
        return self.lines[start:]

    def wait_exit(self):
        """Returns its exit status, once all of its log is here."""
        status = self.process.wait(PATIENCE)
        if self.collector:
            self.collector.join(PATIENCE)
        return status

    # -- its log

    def collect(self, stream):
        """Take lines from the log from now on."""

        def run():
            for line in stream:
                with self.news:
                    self.lines.append(line.decode(errors="replace").rstrip("\n"))
                    self.news.notify_all()
            stream.close()
            with self.news:
                self.ended = True
                self.news.notify_all()

        self.ended = False
        self.collector = threading.Thread(target=run, daemon=True)
        self.collector.start()

    def wait_log(self, pattern, start=0, count=1):
        """Wait for so many lines, the start-th or later ones; returns the matches."""

        def done():
            return len(self.find_log(pattern, start)) >= count or self.ended

        with self.news:
            self.news.wait_for(done, PATIENCE)
        matches = self.find_log(pattern, start)
        assert len(matches) >= count, f"no {count} lines in the log like {pattern!r}"
        return matches

    def find_log(self, pattern, start=0):
        """The matches in the lines there are."""
        matches = (re.search(pattern, line) for line in self.lines[start:])
        return [match for match in matches if match]

    def wait_addresses(self, start=0, count=None):
        """Wait for so many lines of what it listens on; returns the [(host, port)] of TCP."""
        if count is None:
            entries = self.settings.get("listen", ["*:"])
            count = sum(1 + (has_ipv6() and "*:" in entry) for entry in entries)
        matches = self.wait_log(r"(?<!longer )listening on (\S+)$", start, count)
        addresses = (re.fullmatch(r"\[?([0-9a-f:.]+)\]?:(\d+)", m[1]) for m in matches)
        return [(address[1], int(address[2])) for address in addresses if address]

    # -- clients

    def port(self):
        return self.addresses[0][1]

    def connect(self, host=None, port=None, source=None, receive_buffer=None):
        """A client; by default to the first IPv4 address.  Closed at the end."""
        if host is None:
            host, port = next(a for a in self.addresses if ":" not in a[0])
            host = "127.0.0.1" if host == "0.0.0.0" else host
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.clients.append(sock)
        sock.settimeout(PATIENCE)
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source is not None:
            sock.bind((source, 0))
        sock.connect((host, port if port is not None else self.port()))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def try_connect(self, *args, **options):
        """As connect(), but None if nobody listens there."""
        try:
            return self.connect(*args, **options)
        except (ConnectionRefusedError, ConnectionResetError):
            return None

    # -- what /proc says of it

    def fds(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def is_ready(self):
        """It has opened the last descriptor of its own."""
        folder = f"/proc/{self.pid}/fd"
        try:
            links = [os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder)]
        except FileNotFoundError:
            return False  # one was closed while we looked
        return "anon_inode:[signalfd]" in links

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def sleeps(self):
        """How often it has gone to sleep since it began."""
        with open(f"/proc/{self.pid}/status", encoding="utf-8") as file:
            return int(re.search(r"\nvoluntary_ctxt_switches:\s*(\d+)", file.read())[1])

    def state(self):
        with open(f"/proc/{self.pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0]

    def pause(self):
        """Stop it in its tracks, so that a test can arrange what it finds."""
        self.signal(signal.SIGSTOP)
        wait_until(lambda: self.state() == "T", "it stands still")

    def resume(self):
        self.signal(signal.SIGCONT)


# ---- the runner ----


def out_of_time(*_):
    raise TimeoutError(f"the test took more than {TEST_TIMEOUT} s")


def run_one(function, *args):
    """Returns what TAP says after the name: None when it failed."""
    signal.setitimer(signal.ITIMER_REAL, TEST_TIMEOUT)
    try:
        function(*args)
        return ""
    except Skip as reason:
        return f" # SKIP {reason}"
    except Exception:
        for line in traceback.format_exc().splitlines():
            print("#", line)
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def main():
    """Run the test functions of the file that was started, or those named."""
    if not __debug__:
        sys.exit("tests are assertions: run python without -O")
    signal.signal(signal.SIGALRM, out_of_time)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.stdout.reconfigure(line_buffering=True)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    tests = {k: f for k, f in vars(sys.modules["__main__"]).items() if k[:5] == "test_"}
    count = failures = 0
    for name in sys.argv[1:] or tests:
        takes_backend = inspect.signature(tests[name]).parameters
        for args in [(b,) for b in BACKENDS] if takes_backend else [()]:
            result = run_one(tests[name], *args)
            count += 1
            failures += result is None
            title = " ".join([name[5:], *(f"[{b}]" for b in args)])
            print(f"{'not ok' if result is None else 'ok'} {count} - {title}{result or ''}")
    print(f"1..{count}")
    sys.exit(1 if failures else 0)
