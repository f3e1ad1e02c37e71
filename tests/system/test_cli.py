"""The command line: options, exit statuses, -t and -T."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile

from harness import (
    ECHOD,
    PATIENCE,
    Echod,
    Skip,
    check_echo,
    config_text,
    free_port,
    main,
    run_echod,
)

USAGE, OSERR, NOPERM, CONFIG = 64, 71, 77, 78  # sysexits.h


@contextlib.contextmanager
def config_file(text):
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(text)
        file.flush()
        yield file.name


def test_help_and_version():
    for option in ["-h", "--help"]:
        result = run_echod(option)
        assert result.returncode == 0
        assert result.stderr == ""
        for word in ["--config", "--test", "--dump-config", "--port", "--verbose"]:
            assert word in result.stdout
    for option in ["-V", "--version"]:
        result = run_echod(option)
        assert result.returncode == 0
        assert re.match(r"echod \d+\.\d+", result.stdout)


def test_usage_errors():
    """Told on stderr, in a line or two, with exit status 64."""
    for args in [
        ["-x"],
        ["--colour"],
        ["extra"],
        ["-c"],
        ["-p"],
        ["-p", ""],
        ["-p", "65536"],
        ["-p", "-1"],
        ["-p", "80x"],
        ["-p", "http"],
        ["--port=99999999999999999999"],
    ]:
        result = run_echod(*args)
        assert result.returncode == USAGE, f"{args}: {result}"
        assert result.stdout == ""
        assert "echod" in result.stderr


def test_good_configuration():
    with config_file('port = 7;\nlog: { level = "warning"; };\n') as path:
        result = run_echod("-t", "-c", path)
        assert (result.returncode, result.stderr) == (0, "")
        assert run_echod("--test", f"--config={path}").returncode == 0
    with config_file("") as path:
        assert run_echod("-t", "-c", path).returncode == 0


def test_bad_configuration():
    """FILE:LINE of what is wrong, and exit status 78, with -t, -T, and without."""
    for text, line in [
        ("colour = 1;\n", 1),
        ("limits: {\n  max_conections = 5;\n};\n", 2),
        ('\nport = "8000";\n', 2),
        ("\n\nport = 65536;\n", 3),
        ("port = 4294975296;\n", 1),
        ("timeouts: {\n  idle = -1;\n};\n", 2),
        ("timeouts: { idle = true; };\n", 1),
        ("port = 0;\nlisten = [ \"127.0.0.1:0\" ];\n", 2),
        ('listen = [ "localhost:8000" ];\n', 1),
        ("port = 0;\n}\n", 2),
        ('loop: { backend = "poll"; };\n', 1),
    ]:
        with config_file(text) as path:
            for args in [["-t"], ["-T"], []]:
                result = run_echod(*args, "-c", path)
                assert result.returncode == CONFIG, f"{text!r}: {result}"
                assert f"{path}:{line}: " in result.stderr, f"{text!r}: {result}"
                assert result.stdout == ""


def test_all_errors_are_told():
    with config_file("colour = 1;\nport = 70000;\nsocket: { nodelay = 3; };\n") as path:
        result = run_echod("-t", "-c", path)
        assert result.returncode == CONFIG
        for line in (1, 2, 3):
            assert f"{path}:{line}: " in result.stderr


def test_named_file_must_exist():
    result = run_echod("-t", "-c", "/nonexistent/echod.conf")
    assert result.returncode == CONFIG
    assert "/nonexistent/echod.conf" in result.stderr
    assert "No such file" in result.stderr


def test_reading_can_be_interrupted():
    with tempfile.TemporaryDirectory() as folder:
        pipe = os.path.join(folder, "pipe")
        os.mkfifo(pipe)
        process = subprocess.Popen([ECHOD, "-c", pipe])
        with open(pipe, "w"):  # it has come to reading when there is a reader
            process.terminate()
            try:
                assert process.wait(PATIENCE) == -signal.SIGTERM
            finally:
                process.kill()


def test_dump_is_a_configuration():
    """What -T prints is read back as the same, whatever is in it."""
    settings = {
        "listen": ["127.0.0.1:8000", "[::1]:8001"],
        "limits": {"max_connections": 12, "max_connections_per_address": 3},
        "timeouts": {"idle": 0.25, "drain": 3},
        "socket": {"backlog": 5, "nodelay": False, "keepalive": True},
        "log": {"level": "error", "target": "stderr"},
        "loop": {"backend": "select", "spin_us": 0},
    }
    with config_file(config_text(settings)) as path:
        first = run_echod("-T", "-c", path)
    assert (first.returncode, first.stderr) == (0, "")
    for part in [
        '"127.0.0.1:8000"',
        '"[::1]:8001"',
        "max_connections = 12;",
        "max_connections_per_address = 3;",
        "idle = 0.25;",
        "drain = 3;",
        "backlog = 5;",
        "nodelay = false;",
        "keepalive = true;",
        'level = "error";',
        'target = "stderr";',
        'backend = "select";',
        "spin_us = 0;",
    ]:
        assert part in first.stdout, f"no {part} in\n{first.stdout}"
    with config_file(first.stdout) as path:
        second = run_echod("--dump-config", "-c", path)
    assert second.stdout == first.stdout


def test_what_is_printed_does_not_fit():
    for option in ["-T", "-h", "--usage", "-V"]:
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([ECHOD, option], stdout=full, stderr=subprocess.PIPE,
                                  text=True, timeout=PATIENCE, check=False)
        assert done.returncode == OSERR, option
        assert done.stderr == "echod: standard output: cannot write all of it\n", option


def test_dump_of_the_defaults():
    with config_file("") as path:
        text = run_echod("-T", "-c", path).stdout
    for part in [
        "port = 8000;",
        "max_connections = 1000;",
        "max_connections_per_address = 0;",
        "buffer_size = 262144;",
        "idle = 300;",
        "drain = 10;",
        "backlog = 4096;",
        "nodelay = true;",
        "keepalive = false;",
        "reuse_port = false;",
        'level = "info";',
        'target = "auto";',
        'backend = "auto";',
        "spin_us = 50;",
    ]:
        assert part in text, f"no {part} in\n{text}"


def test_options_win_over_the_file():
    with config_file('listen = [ "127.0.0.1:0" ];\n') as path:
        text = run_echod("-T", "-c", path, "-p", 1234, "-v").stdout
    assert "port = 1234;" in text
    assert "listen =" not in text
    assert 'level = "debug";' in text


def test_port_option(backend):
    port = free_port()
    with Echod(backend, ["-p", port], listen=["127.0.0.2:0"]) as echod:
        assert {address[1] for address in echod.addresses} == {port}
        check_echo(echod.connect("127.0.0.1", port))


def test_port_without_permission():
    """Not allowed to bind: exit status 77, and the address is named."""
    with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as file:
        port = int(file.read()) - 1
    if port < 1:
        raise Skip("every port is for everyone on this machine")
    shell = ""
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            raise Skip("root needs setpriv(1) to have less rights")
        shell = 'set -- "$0" "$@"\nset -- --bounding-set=-net_bind_service "$@"\n'
        shell += 'exec setpriv "$@"'
    result = run_echod("-p", port, shell=shell)
    assert result.returncode == NOPERM
    assert str(port) in result.stderr


if __name__ == "__main__":
    main()
