"""Over a cable that loses, delays, reorders, doubles, spoils and splits what it carries.

On a stream nobody notices but by the clock.  A datagram may be lost or come twice,
and what comes back is what was sent.
"""

import os
import sys

from harness import main
from networks import Far, in_new_network, run
from wire import Wire

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "stress"))
from stress import Result, finish_stress, start_stress  # noqa: E402

PORT = 8000
FOUR, SIX = f"10.9.0.1:{PORT}", f"[fd09::1]:{PORT}"
SETTINGS = {"listen": [f"*:{PORT}", f"udp:*:{PORT}"], "udp": {"rate_per_address": 0}}
STREAMS = ["--timeout", 15]
ONE_PACKET = "1-1400"  # for two flipped bits, one in each of two, may be found by nobody
DATAGRAMS = ["--udp", "-c2", "-p8", "-r400", "-d0.4"]


def together(*runs):
    """Run echo-stress with each of these arguments at the same time; the results."""
    running = [start_stress("--json", *args) for args in runs]
    return [Result(finish_stress(process)) for process in running]


def check_stream(result):
    result.check_well()
    assert result.bytes_sent == result.bytes_received > 0, result.stdout


def check_datagrams(result):
    """Whatever came was right, and whatever did not, or came twice, was counted."""
    udp = result.udp
    assert udp["corrupt"] == 0 and udp["received"] > 0, result.stdout
    assert result.errors["mismatch"] == udp["duplicated"], result.stdout
    assert udp["sent"] == udp["received"] + udp["lost"] + result.unanswered, result.stdout
    return udp


def over(backend, wait=5, size="1-3000", **badness):
    """Streams and datagrams in both families; returns the results of each.

    A datagram, of so many bytes, is lost that has not come back after `wait` seconds.
    """
    wire = Wire(**badness)
    with Far(backend, wire.lay, **SETTINGS):
        *streams, four, six = together(
            [*STREAMS, "-c3", "-p4", "-s1-400000", "-n20", FOUR],
            [*STREAMS, "-c5", "-m", "halfclose", "-s1-20000", "-n30", SIX],
            [*DATAGRAMS, "-s", size, "--timeout", wait, FOUR],
            [*DATAGRAMS, "-s", size, "--timeout", wait, SIX],
        )
        wire.cut()
    print("#", dict(wire.counts))
    for fate in badness:
        assert fate == "delay" or wire.counts[fate] > 0, "the wire was too good"
    for result in streams:
        check_stream(result)
    return streams, [check_datagrams(four), check_datagrams(six)]


@in_new_network
def test_loss(backend):
    _, datagrams = over(backend, wait=0.4, loss=0.03)
    for udp in datagrams:
        assert udp["lost"] > 0 and udp["duplicated"] == 0, udp


@in_new_network
def test_delay(backend):
    streams, datagrams = over(backend, delay=0.02)
    for result in streams:
        assert result.latency_us["p50"] >= 40_000, result.stdout
    for udp in datagrams:
        assert udp["lost"] == udp["reordered"] == 0, udp


@in_new_network
def test_reorder(backend):
    _, datagrams = over(backend, delay=0.01, reorder=0.25)
    for udp in datagrams:
        assert udp["reordered"] > 0 and udp["lost"] == 0, udp


@in_new_network
def test_duplicate(backend):
    _, datagrams = over(backend, duplicate=0.1)
    for udp in datagrams:
        assert udp["duplicated"] > 0 and udp["lost"] == 0, udp


@in_new_network
def test_corrupt(backend):
    """Checksums find each flipped bit, so it is one more way to be lost."""
    _, datagrams = over(backend, wait=0.4, size=ONE_PACKET, corrupt=0.03)
    for udp in datagrams:
        assert udp["lost"] > 0, udp


@in_new_network
def test_all_of_it(backend):
    bad = {"loss": 0.01, "duplicate": 0.02, "corrupt": 0.01, "delay": 0.005, "reorder": 0.2}
    over(backend, wait=0.4, size=ONE_PACKET, **bad)


@in_new_network
def test_small_mtu(backend):
    """64 KiB of message in more than a hundred packets, and nothing is lost."""
    for mtu, target in [(1280, SIX), (576, FOUR)]:  # below 1280 there is no IPv6
        wire = Wire()
        with Far(backend, wire.lay, **SETTINGS) as echod:
            for host, end in [([], "near"), (echod.far, "far")]:
                run(*host, "ip", "link", "set", end, "mtu", str(mtu))
            stream, datagrams = together(
                [*STREAMS, "-c2", "-n50", "-s65536", target],
                ["--udp", "-c2", "-n50", "-s65507", target],
            )
            wire.cut()
        print("#", wire.counts["packets"], "packets,", wire.largest, "bytes at most")
        assert mtu - 8 < wire.largest <= mtu
        assert wire.counts["packets"] > 2 * (50 + 50) * 65507 / mtu
        check_stream(stream)
        udp = check_datagrams(datagrams)
        assert udp["received"] == 50, udp


if __name__ == "__main__":
    main()
