"""What echo-stress costs itself: its CPU for each message, against a bare client's.

    make echod echo-stress bench/bare_client
    python3 SRCDIR/bench/client_cost.py [ROUNDS [CONNECTIONS [SIZE]]]

Run in the build folder.  Both clients load the same echod in turn, for two seconds
each; the ratio is taken within each round.
"""

import os
import re
import statistics
import subprocess
import sys

SECONDS = 2


def start_echod():
    command = ["./echod", "--config=/dev/null", "--port=0"]
    echod = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for line in echod.stderr:
        if match := re.search(r"listening on 0\.0\.0\.0:(\d+)", line):
            return echod, match[1]
    sys.exit("echod does not start")


def cpu_for_each(command, pattern):
    """Microseconds of user and system time for each message it says it exchanged."""
    client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = client.stdout.read()
    _, status, used = os.wait4(client.pid, 0)
    client.returncode = os.waitstatus_to_exitcode(status)
    assert client.returncode == 0, output
    return (used.ru_utime + used.ru_stime) * 1e6 / int(re.search(pattern, output)[1])


def main():
    defaults = ["9", "50", "64"]
    rounds, connections, size = sys.argv[1:] + defaults[len(sys.argv) - 1 :]
    echod, port = start_echod()
    bare = ["bench/bare_client", port, connections, size, str(SECONDS)]
    ours = ["./echo-stress", "--json", "-c", connections, "-s", size]
    ours += ["-d", str(SECONDS), f"127.0.0.1:{port}"]
    ratios = []
    try:
        for _ in range(int(rounds)):
            a = cpu_for_each(bare, r"(\d+) messages")
            b = cpu_for_each(ours, r'"messages": (\d+)')
            ratios.append(b / a)
            print(f"bare {a:.3f} us, echo-stress {b:.3f} us: {b / a:.3f}", flush=True)
    finally:
        echod.terminate()
    low, median, high = statistics.quantiles(ratios, n=4)
    print(f"median {median:.3f}, quartiles {low:.3f} and {high:.3f}")


main()
