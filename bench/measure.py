"""What is measured about one server, or about several side by side."""

import json
import os
import re
import signal
import statistics
import subprocess
import tempfile
import time

from launch import CLIENT_CPU, SERVER_CPU, pin


PATIENCE = 60  # seconds for one run of the client


class Failure(Exception):
    """A server or the client did not do what it should."""


def run_client(command):
    """The JSON it prints.  Raises Failure if any answer was not as it should be."""
    try:
        done = subprocess.run(command, preexec_fn=pin(CLIENT_CPU), timeout=PATIENCE,
                              capture_output=True, text=True)
        result = json.loads(done.stdout)
    except (ValueError, subprocess.TimeoutExpired) as error:
        raise Failure(f"{' '.join(command)}: {error}") from None
    for one in result.get("compare", [result]):
        if one["result"] != "ok":
            raise Failure(f"{' '.join(command)}: {one.get('failed_because')}")
    return result


class Client:
    """echo-stress, on its own processor."""

    def __init__(self, program):
        self.program = program

    def command(self, *args):
        return [self.program, "--json", *map(str, args)]

    def run(self, *args):
        return run_client(self.command(*args))

    def hold(self, target, connections):
        """Idle connections, until the returned process gets SIGINT."""
        return subprocess.Popen(
            self.command("--mode=idle", "-c", connections, "-d", 3600, target),
            preexec_fn=pin(CLIENT_CPU), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)


def wait_for_connections(running, n):
    """Until it has so many descriptors open."""
    end = time.monotonic() + 60
    while sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in running.pids()) < n:
        if time.monotonic() > end:
            raise Failure(f"{running.name} does not get to {n} connections")
        time.sleep(0.05)
    time.sleep(0.3)  # for the first messages


class Idle:
    """n idle connections at each of these servers, within `with`."""

    def __init__(self, client, servers, n):
        self.client, self.servers, self.n = client, servers, n
        self.holders = []

    def __enter__(self):
        if self.n:
            for running in self.servers:
                self.holders.append(self.client.hold(running.target, self.n))
                wait_for_connections(running, self.n)
        return self

    def __exit__(self, *_):
        for holder in self.holders:
            holder.send_signal(signal.SIGINT)
        for holder in self.holders:
            holder.wait()


# ---- side by side ----


def compare(client, servers, seconds, connections, args):
    """One echo-stress --compare.  Returns its results, with `cpu_us` for a message.

    What connecting and leaving costs is taken out: by a first run that is almost
    nothing else.  (In churn it belongs to the message.)
    """
    targets = [running.target for running in servers]

    def once(duration):
        before = [running.cpu_ns() for running in servers]
        results = client.run("--compare", "-c", connections, "-d", duration, *args,
                             *targets)["compare"]
        time.sleep(0.05)  # for the last ones to be closed
        for running, result, ns in zip(servers, results, before):
            result["cpu_ns"] = running.cpu_ns() - ns
        return results

    if connections >= 1000:
        short = once(0.001)
    else:
        short = [{"cpu_ns": 0, "messages": 0}] * len(servers)
    results = once(seconds)
    for result, less in zip(results, short):
        messages = result["messages"] - less["messages"]
        result["cpu_us"] = (result["cpu_ns"] - less["cpu_ns"]) / messages / 1000
    return results


def compare_udp(program, servers, seconds, in_flight):
    """The same with datagrams."""
    before = [running.cpu_ns() for running in servers]
    ports = [str(running.port) for running in servers]
    found = run_client([program, str(seconds), str(in_flight), *ports])["compare"]
    for running, result, ns in zip(servers, found, before):
        ratios = [mine / its for mine, its in zip(result["rates"], found[0]["rates"])]
        result["rate_per_s"] = quartiles(result["rates"])
        result["ratio"] = quartiles(ratios)
        result["cpu_us"] = (running.cpu_ns() - ns) / result["messages"] / 1000
    return found


def quartiles(values):
    if len(values) == 1:
        values = values * 2
    q1, median, q3 = statistics.quantiles(values, n=4, method="inclusive")
    return {"q1": q1, "median": median, "q3": q3}


def summary(rounds):
    """The rounds of one server, and beside each that of the baseline, in one."""
    def median(get):
        return statistics.median(get(result) for result, _ in rounds)

    ratio = {key: median(lambda r: r["ratio"][key]) for key in ["q1", "median", "q3"]}
    latency = {key: median(lambda r: r["latency_us"][key]) for key in ["p50", "p99"]}
    return {
        "rate_per_s": median(lambda r: r["rate_per_s"]["median"]),
        "rate_ratio": ratio,
        "cpu_us": median(lambda r: r["cpu_us"]),
        "cpu_ratio": quartiles([r["cpu_us"] / base["cpu_us"] for r, base in rounds]),
        "latency_us": latency,
        "rates_per_s": [round(r["rate_per_s"]["median"]) for r, _ in rounds],
    }


# ---- one by one ----


def start_ms(server, times):
    """From fork to the first echo, as seen from Python."""
    took = []
    for _ in range(times):
        began = time.monotonic()
        with server.start():
            took.append((time.monotonic() - began) * 1000)
    return statistics.median(took)


def memory(client, server, counts):
    """Resident bytes at start, and those of each idle connection, by count."""
    found = {}
    with server.start() as running:
        found["rss_at_start"] = running.memory("VmRSS")
    found["per_connection"] = {}
    for n in counts:
        if n > server.most:
            continue
        with server.start() as running:
            before = running.memory("RssAnon")
            with Idle(client, [running], n):
                during = running.memory("RssAnon")
            time.sleep(2.5)  # it gives back what it can a second after the last has left
            after = running.memory("RssAnon")
        found["per_connection"][str(n)] = (during - before) / n
        found["left_behind"] = after - before
    return found


def instructions(client, server, few=800, many=8000):
    """Of a message, in user space, at 16 connections: what more messages cost more."""
    counts = []
    for n in few, many:
        with tempfile.NamedTemporaryFile(prefix="echod-bench.") as out:
            valgrind = ["valgrind", "--tool=callgrind",
                        f"--callgrind-out-file={out.name}"]
            with server.start(valgrind) as running:
                client.run("-c", 16, "-n", n, "--timeout=30", running.target)
            totals = re.search(r"^totals: (\d+)", open(out.name).read(), re.M)
        counts.append(int(totals.group(1)))
    return (counts[1] - counts[0]) / (many - few)


def system_calls(client, server, messages=8000):
    """Of a message at 16 connections, by name."""
    with server.start() as running, tempfile.NamedTemporaryFile() as out:
        strace = subprocess.Popen(["strace", "-f", "-c", "-o", out.name, "-p",
                                   str(running.process.pid)],
                                  stderr=subprocess.PIPE, text=True)
        strace.stderr.readline()  # "Process ... attached"
        client.run("-c", 16, "-n", messages, "--timeout=30", running.target)
        strace.send_signal(signal.SIGINT)
        strace.communicate()
        table = open(out.name).read()
    calls = {}
    for line in table.splitlines():
        fields = line.split()
        if len(fields) >= 5 and fields[3].isdigit() and fields[-1] != "total":
            calls[fields[-1]] = int(fields[3]) / messages
    return {name: n for name, n in calls.items() if n >= 0.001}


def stripped_size(program):
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["strip", "-o", out.name, program], check=True)
        return os.path.getsize(out.name)


def timers(program, counts):
    done = subprocess.run([program, *map(str, counts)], preexec_fn=pin(SERVER_CPU),
                          check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]
