"""What systemd-analyze says of the units; boot.sh has the tests that need more."""

import glob
import os
import shutil
import subprocess
import tempfile

import harness
from harness import ECHOD, Skip

BUILDDIR = os.environ.get("builddir", ".")
SBINDIR = os.environ["sbindir"]


class Copies:
    """The units in a folder, made to run the echod of this build."""

    def __enter__(self):
        if shutil.which("systemd-analyze") is None:
            raise Skip("no systemd-analyze")
        self.folder = tempfile.TemporaryDirectory()
        units = glob.glob(os.path.join(BUILDDIR, "systemd", "*.[s]*[et]"))
        assert len(units) == 4, units
        return [self.copy(path) for path in units]

    def copy(self, path):
        to = os.path.join(self.folder.name, os.path.basename(path))
        with open(path, encoding="utf-8") as unit, open(to, "w", encoding="utf-8") as out:
            out.write(unit.read().replace(f"{SBINDIR}/echod", os.path.abspath(ECHOD)))
        return to

    def __exit__(self, *_):
        self.folder.cleanup()


def analyze(*args):
    """Returns what it prints, errors too."""
    return subprocess.run(
        ["systemd-analyze", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "SYSTEMD_LOG_TARGET": "console"},
    ).stdout


def test_verify_is_silent():
    with Copies() as units:
        for unit in units:
            assert analyze("verify", "--man=no", unit) == "", unit
        assert analyze("verify", "--man=no", *units) == ""


def test_security_scores():
    with Copies() as units:
        for name, most in ("echod.service", 1.2), ("echod-activated.service", 0.5):
            unit = next(path for path in units if path.endswith("/" + name))
            table = analyze("security", "--offline=yes", "--no-pager", unit)
            if "unrecognized option '--offline" in table:
                raise Skip("this systemd-analyze judges no files (before 250)")
            score = float(table.split(f"level for {name}: ")[1].split()[0])
            assert score <= most, f"{name}: {score}"


if __name__ == "__main__":
    harness.main()
