"""The manual pages and the completion say what echod does, and all of it."""

import fnmatch
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import harness
from harness import ECHOD, Echod, Skip

BUILDDIR = os.environ.get("builddir", ".")
SRCDIR = os.environ.get("srcdir", ".")
PAGES = ["man/echod.8", "man/echod.conf.5"]


def text(folder, path):
    with open(os.path.join(folder, path), encoding="utf-8") as file:
        return file.read()


def page(path):
    return text(BUILDDIR, path)


def sources():
    paths = glob.glob(os.path.join(SRCDIR, "src/base/*.c"))
    paths += glob.glob(os.path.join(SRCDIR, "src/echod/*.c"))
    return "".join(text("", path) for path in paths)


def stdout(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


# ---- echod.conf(5) ----


def defaults():
    """{"limits.max_connections": "1000"...}, from echod -T."""
    found, group = {}, ""
    for line in stdout(ECHOD, "-T", "-c", "/dev/null").splitlines():
        if match := re.match(r"(\w+): \{", line):
            group = match[1] + "."
        elif line.startswith("}"):
            group = ""
        elif match := re.match(r"\s*(\w+) = (.*?);", line):
            found[group + match[1]] = match[2]
    assert len(found) > 10, found
    return found


def entries():
    """{key: (default, what the page says about it)}"""
    found = {}
    for entry in page("man/echod.conf.5").split("\n.It Cm ")[1:]:
        head, _, body = entry.partition("\n")
        key, _, default = head.partition(" No = ")
        found[key] = default.replace(r"\(dq", '"'), body.split("\n.El")[0]
    return found


def documented():
    """As entries(), of keys that hold one value."""
    return {key: entry for key, entry in entries().items() if key != "listen"}


def accepts(key, value):
    group, _, leaf = key.rpartition(".")
    line = f"{leaf} = {value};"
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(f"{group}: {{ {line} }};" if group else line)
        file.flush()
        done = subprocess.run([ECHOD, "-t", "-c", file.name], capture_output=True)
    assert done.returncode in (0, 78), done
    return done.returncode == 0


def test_every_key_is_documented():
    assert set(documented()) == set(defaults())
    assert "listen" in entries()


def test_every_default_is_right():
    assert {key: entry[0] for key, entry in documented().items()} == defaults()


def test_every_range_is_right():
    for key, (_, body) in documented().items():
        if match := re.match(r"(Integer|Seconds), (\d+) to (\d+)", body):
            least, most = int(match[2]), int(match[3])
            assert accepts(key, least) and accepts(key, most), key
            assert not accepts(key, least - 1) and not accepts(key, most + 1), key
            assert accepts(key, least + 0.5) == (match[1] == "Seconds"), key
            assert not accepts(key, "true"), key
        elif body.startswith("Boolean."):
            assert accepts(key, "true") and accepts(key, "false"), key
            assert not accepts(key, 1), key
        elif body.startswith("A list of strings"):
            assert accepts(key, '[ "192.0.2.0/24", "2001:db8::1" ]'), key
            assert not accepts(key, '[ "nonsense" ]'), key
        else:
            check_words(key, re.findall(r"\\\(dq(\w+)\\\(dq", body))


def check_words(key, words):
    assert words, f"{key}: the page gives no range"
    for word in words:
        if key == "loop.backend" and word == "epoll" and "epoll" not in harness.BACKENDS:
            continue
        assert accepts(key, f'"{word}"'), f"{key} {word}"
    assert not accepts(key, '"nonsense"'), key


def test_every_address_form_is_right():
    forms = re.findall(r'^("\S+")  ', page("man/echod.conf.5"), re.M)
    assert len(forms) == 6, forms
    for form in forms:
        assert accepts("listen", f"[ {form.replace('eth0', 'lo')} ]"), form


def test_keys_that_need_a_restart_are_right():
    wanted = {key for key, entry in documented().items() if "Needs a restart." in entry[1]}
    changed = {
        "limits": {"max_connections": 9, "max_connections_per_address": 9},
        "timeouts": {"idle": 9, "drain": 9},
        "socket": {"backlog": 9, "nodelay": False, "keepalive": True, "reuse_port": True},
        "access": {"allow": ["127.0.0.1"], "deny": ["127.0.0.2"]},
        "udp": {"allow_low_ports": True, "rate_per_address": 9, "burst_per_address": 9},
        "log": {"level": "debug", "target": "stderr"},
        "loop": {"spin_us": 9},
    }
    changed["limits"] |= {"accepts_per_second": 9, "max_lifetime": 9}
    changed["limits"] |= {"bytes_per_second": 9, "buffer_size": 4096}
    changed["socket"]["unix_mode"] = "0600"
    with Echod("auto") as echod:
        echod.backend = "select"
        echod.write_config(**changed)
        lines = "\n".join(echod.reload())
    assert set(re.findall(r"(\S+) takes effect at the next restart", lines)) == wanted
    leaves = {f"{group}.{leaf}" for group in changed for leaf in changed[group]}
    assert leaves | {"loop.backend", "port"} == set(defaults()), "not all were changed"


def test_the_installed_file_has_every_key_with_its_default():
    conf = os.path.join(SRCDIR, "conf/echod.conf")
    assert stdout(ECHOD, "-T", "-c", conf) == stdout(ECHOD, "-T", "-c", "/dev/null")
    for key in entries():
        leaf = key.rpartition(".")[2]
        assert re.search(rf"^\s*#?{leaf} = ", text("", conf), re.M), key


# ---- echod(8) ----


def options():
    """{"-c", "--config"...}, those of echod --help."""
    help_text = stdout(ECHOD, "--help")
    found = set(re.findall(r"^ +(-\w),", help_text, re.M))
    found |= set(re.findall(r"^ {2,6}(?:-\w, )?(--[\w-]+)", help_text, re.M))
    assert len(found) > 10, found
    return found


def items(macro):
    """The words after this macro in the tags of the page."""
    tags = re.findall(rf"^\.It {macro} (.*)", page("man/echod.8"), re.M)
    return {word for tag in tags for word in re.findall(r"[\w-]+", tag)}


def test_every_option_is_documented():
    tags = re.findall(r"^\.It (Fl .*)", page("man/echod.8"), re.M)
    names = {"-" + name for tag in tags for name in re.findall(r"Fl ([\w-]+)", tag)}
    assert names == options()


def test_every_signal_is_documented():
    handled = set(re.findall(r"\{ (SIG[A-Z0-9]+),", sources()))
    assert len(handled) > 3 and handled | {"SIGPIPE", "SIGXFSZ"} == items("Dv")


def test_every_exit_status_is_documented():
    used = {getattr(os, name) for name in re.findall(r"\bEX_[A-Z]+\b", sources())}
    listed = page("man/echod.8").split(".Sh EXIT STATUS")[1].split(".El")[0]
    assert used | {os.EX_USAGE} == set(map(int, re.findall(r"^\.It (\d+)", listed, re.M)))


def test_every_reason_is_documented():
    with Echod("auto") as echod:
        echod.signal(signal.SIGUSR1)
        reasons = echod.wait_log(r"ended by(( \w+ \d+)+)")[0][1]
    assert set(re.findall(r"[a-z]+", reasons)) == items("Sy")


def test_every_environment_variable_is_documented():
    read = set(re.findall(r'getenv\("(\w+)"\)', sources()))
    # What libsystemd reads for us.
    read |= {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID"}
    assert read == items("Ev")


def test_every_unit_is_documented():
    units = glob.glob(os.path.join(SRCDIR, "systemd/*.in"))
    assert len(units) > 2
    for unit in units:
        assert os.path.basename(unit)[:-3] in items_of_files(), unit


def items_of_files():
    return re.findall(r"^\.It Pa .*?([\w@.-]+)$", page("man/echod.8"), re.M)


# ---- their form ----


def lint(*command):
    if shutil.which(command[0]) is None:
        raise Skip(f"no {command[0]}")
    for path in PAGES:
        done = subprocess.run(
            [*command, os.path.join(BUILDDIR, path)],
            stdout=subprocess.DEVNULL if command[0] == "man" else subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Wide, as the paths of a strange prefix may be too long for a line.
            env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "500"},
        )
        assert not done.stdout and not done.stderr, done


def test_mandoc_has_nothing_to_say():
    lint("mandoc", "-T", "lint", "-W", "warning")


def test_man_has_nothing_to_say():
    lint("man", "--warnings", "-E", "UTF-8", "-Tutf8", "-Z", "-l")


def test_everything_is_substituted():
    paths = [os.path.join(BUILDDIR, path) for path in PAGES]
    units = glob.glob(os.path.join(BUILDDIR, "systemd/*.s*[et]"))  # not *.in
    for path in paths + units:
        assert not re.search(r"@\w+@", text("", path)), path


# ---- completion ----

COMPLETE = r"""
compopt() { :; }
source "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_echod echod "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""


def completions(*words):
    """What bash would offer for the last of these words."""
    if shutil.which("bash") is None:
        raise Skip("no bash")
    path = os.path.join(SRCDIR, "completion/echod")
    out = stdout("bash", "-euc", COMPLETE, "bash", path, "echod", *words)
    return set(filter(None, out.splitlines()))


def test_completion_has_every_option():
    assert {word.rstrip("=") for word in completions("")} == options()
    wants_value = {word for word in completions("") if word.endswith("=")}
    assert wants_value == set(re.findall(r"--\w+=", stdout(ECHOD, "--help")))
    assert completions("--v") == {"--verbose", "--version"}


def test_completion_of_values():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a file.conf")
        with open(path, "w", encoding="utf-8"):
            pass
        assert completions("-c", folder + "/") == {path}
        assert completions("--config", "=", folder + "/a") == {path}
        assert completions("--config", "=") == set(os.listdir())
    assert completions("-p", "") == set()
    assert completions("--port", "=") == set()


# ---- README.md ----


def test_the_map_has_every_file():
    """`io` stands for io.c and io_more.c, `report*` for reporter.c as well."""
    readme = text(SRCDIR, "README.md")
    rows = re.findall(r"^\| `(src/\w+)` \| \d \| (.*`.*) \|$", readme, re.M)
    assert len(rows) >= 4
    for folder, row in rows:
        files = set(os.listdir(os.path.join(SRCDIR, folder)))
        for name in re.findall(r"`(\w+\*?)(?:\.h)?`", row):
            assert fnmatch.filter(files, f"{name}.[ch]"), name
            files -= set(fnmatch.filter(files, f"{name}.c"))
            files -= set(fnmatch.filter(files, f"{name}_*.c"))
        assert not fnmatch.filter(files, "*.c"), files


# ---- HACKING.md ----


def test_planted_bugs():
    """Each still stands once in the sources as it is to be changed, and is in the list."""
    sys.path.insert(0, os.path.join(SRCDIR, "tests/sim"))
    import plant

    told = re.findall(r"^\| (.*) \| \d+ \|$", text(SRCDIR, "HACKING.md"), re.M)
    bugs = list(plant.read_bugs(os.path.join(SRCDIR, "tests/sim/planted.txt")))
    assert told == [name for name, *_ in bugs]
    for name, file, old, _ in bugs:
        assert text(SRCDIR, file).count(old) == 1, name


if __name__ == "__main__":
    harness.main()
