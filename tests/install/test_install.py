"""make install and make uninstall, into a folder of their own."""

import glob
import os
import subprocess
import tempfile

import harness

BUILDDIR = os.environ.get("builddir", ".")
SYSCONFDIR = os.environ["sysconfdir"]


def make(target, folder):
    """With the make that runs us out of the way."""
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    done = subprocess.run(
        ["make", "-C", BUILDDIR, target, f"DESTDIR={folder}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env,
    )
    assert done.returncode == 0, done.stdout


def files(folder):
    """Paths as they would be without DESTDIR."""
    walk = os.walk(folder)
    return {os.path.join(at, name)[len(folder) :] for at, _, names in walk for name in names}


def edit(folder):
    path = f"{folder}{SYSCONFDIR}/echod.conf"
    with open(path, "a", encoding="utf-8") as file:
        file.write("# edited\n")
    return path


def is_edited(path):
    with open(path, encoding="utf-8") as file:
        return file.read().endswith("# edited\n")


def test_installs_everything():
    with tempfile.TemporaryDirectory() as folder:
        make("install", folder)
        names = {os.path.basename(path) for path in files(folder)}
        wanted = {"echod", "echod.conf", "echod.8", "echod.conf.5"}
        wanted |= {"echo-stress", "echo-stress.1"}
        units = glob.glob(os.path.join(BUILDDIR, "systemd/*.s*[et]"))  # not *.in
        if units:
            wanted |= {"port-7.conf", *map(os.path.basename, units)}
        assert wanted <= names, wanted - names
        assert any(path.endswith("/completions/echod") for path in files(folder))


def test_uninstall_leaves_nothing():
    with tempfile.TemporaryDirectory() as folder:
        make("install", folder)
        make("uninstall", folder)
        assert files(folder) == set()


def test_an_edited_configuration_is_left_alone():
    with tempfile.TemporaryDirectory() as folder:
        make("install", folder)
        path = edit(folder)
        make("install", folder)
        assert is_edited(path), "install overwrote it"
        make("uninstall", folder)
        assert files(folder) == {f"{SYSCONFDIR}/echod.conf"}
        assert is_edited(path)


if __name__ == "__main__":
    harness.main()
