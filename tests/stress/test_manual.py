"""echo-stress(1) and its completion say what the program does, and all of it."""

import glob
import json
import os
import re
import shutil
import subprocess

from harness import Skip, main
from stress import Server, echo, run_stress

BUILDDIR = os.environ.get("builddir", ".")
SRCDIR = os.environ.get("srcdir", ".")
PAGE = os.path.join(BUILDDIR, "man/echo-stress.1")
COMPLETION = os.path.join(SRCDIR, "completion/echo-stress")


def page():
    with open(PAGE, encoding="utf-8") as file:
        return file.read()


def section(title):
    return re.search(rf"\n\.Sh {title}\n(.*?)(?=\n\.Sh |\Z)", page(), re.S)[1]


def options():
    """{"-c", "--connections"...}, those of --help."""
    text = run_stress("--help").stdout
    found = set(re.findall(r"^ +(-\w),", text, re.M))
    found |= set(re.findall(r"^ {2,6}(?:-\w, )?(--[\w-]+)", text, re.M))
    assert len(found) > 20, found
    return found


def modes():
    return set(re.findall(r"^\.It Cm (\w+)$", section("MODES"), re.M))


# ---- the page ----


def test_every_option_is_documented():
    tags = re.findall(r"^\.It (Fl .*)", page(), re.M)
    names = {"-" + name for tag in tags for name in re.findall(r"Fl ([\w-]+)", tag)}
    assert names == options(), names ^ options()


def test_every_mode_is_documented():
    """The program refuses what is no mode, and nothing that is one."""
    assert len(modes()) == 6
    for mode in modes():
        assert run_stress("-m", mode, "-V").returncode == 0, mode
        assert mode in run_stress("--help").stdout, mode


def test_every_json_member_is_documented():
    listed = section("JSON")
    with Server(lambda sock, _: echo(sock)) as server:
        target = f"127.0.0.1:{server.port}"
        one = run_stress("-c", 1, "-r", 100, "-d", 0.2, "--min-rate", 9999, "--json", target)
        two = run_stress("-c", 1, "-d", 0.3, "--compare", "--json", target, target)
    members = set(json.loads(one.stdout)) | set(json.loads(two.stdout))
    members |= set(json.loads(two.stdout)["compare"][0])
    documented = set(re.findall(r"\b[a-z_0-9]+\b", listed))
    assert members <= documented, members - documented
    for kind in json.loads(one.stdout)["errors"]:
        assert kind in documented, kind


def test_every_exit_status_is_documented():
    listed = set(map(int, re.findall(r"^\.It (\d+)", section("EXIT STATUS"), re.M)))
    used = {0, 1}
    for path in glob.glob(os.path.join(SRCDIR, "src/stress/*.c")):
        with open(path, encoding="utf-8") as file:
            used |= {getattr(os, ex) for ex in re.findall(r"\bEX_[A-Z]+\b", file.read())}
    assert listed == used, (listed, used)


def test_its_form():
    for lint in [["mandoc", "-T", "lint", "-W", "warning"], ["man", "--warnings", "-l"]]:
        if shutil.which(lint[0]) is None:
            raise Skip(f"no {lint[0]}")
        out = subprocess.DEVNULL if lint[0] == "man" else subprocess.PIPE
        done = subprocess.run([*lint, PAGE], stdout=out, stderr=subprocess.PIPE)
        assert not done.stdout and not done.stderr, done
    assert not re.search(r"@\w+@", page())


# ---- completion ----

COMPLETE = r"""
compopt() { :; }
source "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_echo_stress echo-stress "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""


def completions(*words):
    """What bash would offer for the last of these words."""
    if shutil.which("bash") is None:
        raise Skip("no bash")
    command = ["bash", "-euc", COMPLETE, "bash", COMPLETION, "echo-stress", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(filter(None, done.stdout.splitlines()))


def test_completion_has_every_option():
    assert {word.rstrip("=") for word in completions("")} == options()
    wants_value = {word for word in completions("") if word.endswith("=")}
    assert wants_value == set(re.findall(r" (--[\w-]+=)", run_stress("--help").stdout))
    assert completions("--max") == {"--max-p99=", "--max-errors="}


def test_completion_of_values():
    assert completions("-m", "") == completions("--mode", "=") == modes()
    assert completions("-m", "ch") == {"churn"}
    assert completions("-c", "") == set()
    assert completions("--json", "=", "/et") == {"/etc"}


main()
