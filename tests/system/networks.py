"""Networks of the test's own making, and an echod at the other end of a cable.

The test is in one network, echod in another, and a cable goes from `near` to `far`.
It has its own mounts as well, so that a test may have a small disk.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import traceback

from harness import TEST_TIMEOUT, Echod, Skip, wait_until

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
IN_ITS_OWN_NETWORK = 'exec unshare --net "$0" "$@"'


def run(*command):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def enter_new_network():
    """From now on this process is root of a network with nothing in it."""
    if shutil.which("ip") is None:
        raise Skip("no ip(8)")
    uid, gid = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) != 0:
        raise Skip(f"no network of one's own: {os.strerror(ctypes.get_errno())}")
    for name, text in [
        ("setgroups", "deny"),
        ("uid_map", f"0 {uid} 1"),
        ("gid_map", f"0 {gid} 1"),
    ]:
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    run("ip", "link", "set", "lo", "up")


def in_new_network(test):
    """Run a test function in a child of this process, in a network of its own."""

    def wrapper(backend):
        child = os.fork()
        if child == 0:
            status = 1
            signal.alarm(TEST_TIMEOUT - 5)  # sooner than that of its parent
            try:
                enter_new_network()
                test(backend)
                status = 0
            except Skip as reason:
                print("#", reason)
                status = 77
            except BaseException:
                for line in traceback.format_exc().splitlines():
                    print("#", line)
            finally:
                sys.stdout.flush()
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == 77:
            raise Skip("this machine does not allow it, see above")
        assert status == 0, "see above"

    return wrapper


def lay_cable(pid):
    run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", str(pid))


def connect_networks(echod, lay):
    """Lay the cable to echod, which has three addresses there."""
    far = ["nsenter", "--preserve-credentials", "--net", f"--target={echod.pid}"]
    lay(echod.pid)
    run("ip", "addr", "add", "10.9.0.100/24", "dev", "near")
    run("ip", "addr", "add", "fd09::100/64", "dev", "near", "nodad")
    run("ip", "link", "set", "near", "addrgenmode", "none", "up")
    run("ip", "addr", "add", "fe80::100/64", "dev", "near", "nodad")
    run(*far, "ip", "link", "set", "lo", "up")
    for address in ["10.9.0.1/24", "10.9.0.2/24"]:
        run(*far, "ip", "addr", "add", address, "dev", "far")
    run(*far, "ip", "link", "set", "far", "addrgenmode", "none", "up")
    for address in ["fd09::1/64", "fd09::2/64", "fe80::1/64"]:
        run(*far, "ip", "addr", "add", address, "dev", "far", "nodad")
    wait_until(lambda: "LOWER_UP" in tell("ip", "link", "show", "near"), "it is plugged in")
    for host, address in [([], "fe80::100"), (far, "fe80::1")]:  # the last one of each
        wait_until(lambda: is_taken(host, address), "it has its addresses")
    return far


def tell(*command):
    """What the command prints."""
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def is_taken(host, address):
    """An IPv6 address has been given, but is what comes for it taken yet?"""
    table = tell(*host, "ip", "-6", "route", "show", "table", "local")
    return f"local {address} " in table


class Far(Echod):
    """An echod at the other end of a cable; lay(PID) lays it from `near` here to `far`."""

    def __init__(self, backend, lay=lay_cable, **settings):
        super().__init__(backend, shell=IN_ITS_OWN_NETWORK, **settings)
        self.lay = lay

    def __enter__(self):
        super().__enter__()
        try:
            self.far = connect_networks(self, self.lay)
        except BaseException:
            self.abandon()
            raise
        return self
