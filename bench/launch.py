"""The servers of the benchmark: how each is started, and what it uses."""

import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

SERVER_CPU, CLIENT_CPU = 0, 1

HERE = os.path.dirname(os.path.abspath(__file__))

ECHOD_CONF = """\
listen = [ "127.0.0.1:%(port)d", "udp:127.0.0.1:%(port)d" ];
udp: { rate_per_address = 0; };
limits: { max_connections = 30000; };
log: { level = "warning"; };
loop: { backend = "%(backend)s"; spin_us = %(spin_us)d; };
"""

# Its defaults would stop at 50 connections a second.
XINETD_CONF = """\
defaults
{
    instances = UNLIMITED
    per_source = UNLIMITED
    cps = 1000000 1
}
service echo
{
    type = INTERNAL
    bind = 127.0.0.1
    socket_type = stream
    protocol = tcp
    user = root
    wait = no
}
"""


RUNNING = []
SCRATCH = tempfile.TemporaryDirectory(prefix="echod-bench.")


def written(text):
    """The name of a file with this text."""
    with tempfile.NamedTemporaryFile("w", dir=SCRATCH.name, delete=False) as out:
        out.write(text)
        return out.name


def stop_all():
    for running in list(RUNNING):
        running.stop()


def free_port():
    """A port below those that the kernel picks for clients."""
    while True:
        port = random.randrange(10000, 30000)
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def most_files():
    """What one process may have open."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def pin(cpu):
    """To be run in a new process."""

    def preexec():
        os.sched_setaffinity(0, {cpu})
        most = most_files()
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    return preexec


class Server:
    """A kind of server: its name, its command for a port, and what it cannot do."""

    def __init__(self, name, command, path, most=1 << 30, port=None, udp=False):
        self.name = name
        self.command = command  # makes the command for a port
        self.path = path  # of the program
        self.most = most  # connections
        self.port = port  # the only one it can serve at
        self.udp = udp  # does it answer only that?

    def missing(self):
        """Why it cannot be run; None if it can."""
        if not shutil.which(self.path):
            return f"{os.path.basename(self.path)} is not installed, or was not built"
        if self.port and os.geteuid() != 0:
            return f"only root may bind port {self.port}"
        return None

    def start(self, under=()):
        return Running(self, under)


class Running:
    """A server that serves."""

    def __init__(self, server, under=()):
        self.server = server
        self.name = server.name
        self.port = server.port or free_port()
        self.process = subprocess.Popen(
            [*under, *server.command(self.port)],
            preexec_fn=pin(SERVER_CPU),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        RUNNING.append(self)
        self.target = f"127.0.0.1:{self.port}"
        self.first_echo()

    def first_echo(self):
        end = time.monotonic() + 20
        kind = socket.SOCK_DGRAM if self.server.udp else socket.SOCK_STREAM
        while True:
            try:
                with socket.socket(socket.AF_INET, kind) as sock:
                    sock.settimeout(20)
                    sock.connect(("127.0.0.1", self.port))
                    sock.sendall(b"?")
                    if sock.recv(1) == b"?":
                        return
            except ConnectionError:
                pass
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError(f"{self.name} does not serve")

    def pids(self):
        """Its process and those below it."""
        pids = [self.process.pid]
        for pid in pids:
            try:
                with open(f"/proc/{pid}/task/{pid}/children") as f:
                    pids += [int(child) for child in f.read().split()]
            except OSError:
                pass  # gone
        return pids

    def cpu_ns(self):
        """The processor time of all its threads, and of its children, dead ones too."""
        total = 0
        for pid in self.pids():
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/schedstat") as f:
                        total += int(f.read().split()[0])
            except OSError:
                pass
        with open(f"/proc/{self.process.pid}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
        ticks = int(fields[13]) + int(fields[14])  # cutime, cstime
        return total + ticks * 1_000_000_000 // os.sysconf("SC_CLK_TCK")

    def memory(self, key):
        """Bytes of all its processes: key is VmRSS or RssAnon of proc(5)."""
        total = 0
        for pid in self.pids():
            try:
                with open(f"/proc/{pid}/status") as f:
                    for line in f:
                        if line.startswith(key + ":"):
                            total += int(line.split()[1]) * 1024
            except OSError:
                pass
        return total

    def stop(self):
        for pid in reversed(self.pids()):
            try:
                os.kill(pid, signal.SIGTERM)
            except OSError:
                pass
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self in RUNNING:
            RUNNING.remove(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def echod(build, backend, spin_us=50):
    def command(port):
        conf = ECHOD_CONF % {"port": port, "backend": backend, "spin_us": spin_us}
        return [f"{build}/echod", "-c", written(conf)]

    return command


def xinetd(_):
    # It removes its pidfile and opens its log anew, so nothing of value may be named.
    return ["xinetd", "-dontfork", "-f", written(XINETD_CONF), "-filelog", written(""),
            "-pidfile", f"{SCRATCH.name}/xinetd.pid"]


def socat(port):
    options = "bind=127.0.0.1,reuseaddr,fork,nodelay,backlog=4096"
    return ["socat", f"TCP-LISTEN:{port},{options}", "PIPE"]


def node(port):
    return ["node", f"{HERE}/servers/node.js", str(port)]


FEW = 100  # connections, for servers with a process each
SELECT = 1000  # FD_SETSIZE, less some


def all_servers(build):
    """Every server by name; those that are missing too."""

    def own(name, program, most=1 << 30):
        path = f"{build}/bench/servers/{program}"
        return Server(name, lambda port: [path, str(port)], path, most)

    udp = f"{build}/bench/servers/udp"

    servers = [
        own("epoll", "epoll"),
        own("epoll again", "epoll"),
        Server("echod", echod(build, "epoll"), f"{build}/echod"),
        Server("echod select", echod(build, "select"), f"{build}/echod"),
        Server("echod, no spin", echod(build, "epoll", 0), f"{build}/echod"),
        Server("echod select, no spin", echod(build, "select", 0), f"{build}/echod"),
        own("select", "select", SELECT),
        own("libev", "libev"),
        own("libevent", "libevent"),
        own("libuv", "libuv"),
        own("go", "go"),
        Server("node", node, "node"),
        Server("socat", socat, "socat", FEW),
        Server("xinetd", xinetd, "xinetd", FEW, port=7),
        Server("udp", lambda port: [udp, str(port)], udp, udp=True),
        Server("udp again", lambda port: [udp, str(port)], udp, udp=True),
    ]
    return {server.name: server for server in servers}
