#!/usr/bin/env python3
"""Plant one bug after another in a copy of the sources, and see the simulation find it.

usage: plant.py SOURCES BUILD [WORDS]

SOURCES is a folder that holds planted.txt and a copy of src and tests; BUILD is
configured for it.  Of each bug whose name has the words it prints the first seed,
counted from 1, that finds it.  Exits with 1 if any is not found, or does not apply.
"""

import os
import signal
import subprocess
import sys

SEEDS = 100000
MARK = "--- "


def read_bugs(path):
    """Blocks of: a name, a file, what stands there, and what is to stand there."""
    with open(path, encoding="utf-8") as f:
        blocks = ("\n" + f.read()).split("\n" + MARK)[1:]
    for block in blocks:
        head, _, rest = block.partition("\n")
        name, _, file = head.rpartition(" @ ")
        old, _, new = rest.partition("\n===")
        yield name, file, old, new.strip("\n")


def first_failure(build):
    """Run seeds until one fails.  Returns it and why, or None."""
    sim = subprocess.Popen([os.path.join(build, "tests/sim/sim"), "--seeds", f"1-{SEEDS}"],
                           stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        for line in sim.stdout:
            if line.startswith("seed "):
                return line.split()[1], line.split(": ", 1)[1].strip()
        return None
    finally:
        try:
            os.killpg(sim.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        sim.wait()


def make(build):
    return subprocess.run(["make", "-s", "-C", build, "tests/sim/sim", "CFLAGS=-O1 -w"],
                          check=False, stdout=subprocess.DEVNULL).returncode == 0


def try_bug(sources, build, file, old, new):
    path = os.path.join(sources, file)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if text.count(old) != 1:
        return f"does not apply: it stands there {text.count(old)} times", False
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(old, new))
    try:
        if not make(build):
            return "does not build", False
        found = first_failure(build)
    finally:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    if found is None:
        return f"not found by {SEEDS} seeds", False
    return f"seed {found[0]}: {found[1]}", True


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sources, build, words = (sys.argv + [""])[1:4]
    good = True
    for name, file, old, new in read_bugs(os.path.join(sources, "tests/sim/planted.txt")):
        if words in name:
            result, found = try_bug(sources, build, file, old, new)
            print(f"{name}: {result}", flush=True)
            good = good and found
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
