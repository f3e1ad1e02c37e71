"""Says which lines and branches the suite took, and which it did not, and why.

    python3 tests/coverage.py SRCDIR BUILDDIR

after `make check` in a build configured with --enable-coverage; `make coverage` does
both.  It fails when a branch of the folders in EXPLAINED is neither taken nor has a
reason in tests/coverage_why.txt, or when a reason there has nothing to explain.
"""

import collections
import fnmatch
import glob
import json
import os
import subprocess
import sys

FOLDERS = ["src/base", "src/loop", "src/net", "src/echod", "src/stress"]
EXPLAINED = ["src/base", "src/loop", "src/net", "src/echod"]


class Line:
    """What all programs together did in one line of a source file."""

    def __init__(self):
        self.function = ""
        self.count = 0  # how often it was run
        self.branches = []  # how often each of its branches was taken

    def add(self, function, count, branches):
        self.function = function
        self.count += count
        missing = len(branches) - len(self.branches)
        self.branches += [0] * missing
        for i, branch in enumerate(branches):
            self.branches[i] += branch

    def not_taken(self):
        return self.branches.count(0)


class Reason:
    """An entry of coverage_why.txt."""

    def __init__(self, key):
        self.key = key
        number, rest = key.split(" ", 1)
        self.number = int(number)  # of branches, in each line that it covers
        self.path, self.function, self.text = rest.split(": ", 2)
        self.idle = True

    def covers(self, path, function, text):
        return (
            fnmatch.fnmatchcase(path, self.path)
            and fnmatch.fnmatchcase(function, self.function)
            and self.text in text
        )


# ---- reading ----


def read_counts(source, build):
    """Returns {path: {line number: Line}} of the folders, from what gcov(1) says."""
    files = collections.defaultdict(lambda: collections.defaultdict(Line))
    for notes in glob.glob(f"{build}/**/*.gcno", recursive=True):
        command = ["gcov", "--json-format", "--stdout", "--branch-probabilities", notes]
        said = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        for file in json.loads(said)["files"]:
            path = os.path.relpath(file["file"], os.path.realpath(source))
            if os.path.dirname(path) not in FOLDERS:
                continue
            for line in file["lines"]:
                branches = [branch["count"] for branch in line["branches"]]
                function = line.get("function_name", "")
                files[path][line["line_number"]].add(function, line["count"], branches)
    return files


def read_reasons(source):
    """Keys begin a line, what explains them is indented."""
    with open(f"{source}/tests/coverage_why.txt", encoding="utf-8") as file:
        return [Reason(line.rstrip("\n")) for line in file if line[0] not in "#\t\n"]


# ---- telling ----


def print_table(files):
    def row(name, lines):
        run = sum(line.count > 0 for line in lines)
        branches = sum(len(line.branches) for line in lines)
        taken = branches - sum(line.not_taken() for line in lines)
        print(f"{name:30}{len(lines):8}{run:8}{branches:10}{taken:8}")

    print(f"{'':30}{'lines':>8}{'run':>8}{'branches':>10}{'taken':>8}")
    for path in sorted(files):
        row(path, files[path].values())
    for folder in FOLDERS:
        inside = [files[path] for path in files if os.path.dirname(path) == folder]
        row(folder, [line for lines in inside for line in lines.values()])


def explain(path, function, text, count, reasons):
    """Returns how many of the branches not taken in this line have a reason."""
    left = count
    for reason in reasons:
        if reason.covers(path, function, text):
            reason.idle = reason.idle and left < reason.number
            left -= min(left, reason.number)
    return count - left


def judge(source, files, reasons):
    """Print what no test takes; returns how many branches that are, and are explained."""
    missed = explained = 0
    for path in sorted(path for path in files if os.path.dirname(path) in EXPLAINED):
        with open(f"{source}/{path}", encoding="utf-8") as file:
            texts = [text.strip() for text in file]
        for number, line in sorted(files[path].items()):
            count, text = line.not_taken(), texts[number - 1]
            if count == 0:
                continue
            known = explain(path, line.function, text, count, reasons)
            missed += count
            explained += known
            what = f"{count} of {len(line.branches)} not taken, {known} explained"
            mark = "" if known == count else "  <--"
            print(f"{path}:{number}: {line.function}: {text}  [{what}]{mark}")
    return missed, explained


def main():
    source, build = sys.argv[1:]
    files = read_counts(source, build)
    reasons = read_reasons(source)
    print_table(files)
    print()
    missed, explained = judge(source, files, reasons)
    idle = [reason.key for reason in reasons if reason.idle]
    for key in idle:
        print("they are taken, or the line is gone:", key)
    print(f"{missed} branches not taken, {explained} explained")
    sys.exit(1 if missed > explained or idle else 0)


if __name__ == "__main__":
    main()
