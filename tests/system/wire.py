"""A cable as bad as a test wants it: what netem(8) does, where the kernel has no netem.

Its ends are tun devices, and a thread carries each IP packet from one to the other,
or loses it, or keeps it for a while.  The kernel's own fragments, checksums and
retransmissions are at work, as on a real cable; unlike there, chance begins from a seed.
"""

import collections
import fcntl
import heapq
import os
import random
import select
import struct
import threading
import time

from harness import Skip
from networks import run

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000


def open_tun(name):
    """A new network interface; what is sent there is read here, and what is written comes."""
    try:
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    except OSError as error:
        raise Skip(f"no tun device: {error}") from error
    run("ip", "link", "set", name, "txqueuelen", "10000")  # nothing is lost but by us
    return tun


class Wire(threading.Thread):
    """Of all packets the shares `loss` are lost, `duplicate` come twice, and `corrupt`
    have a bit turned over.  All are under way for `delay` seconds, but for the share
    `reorder`, which overtakes.  `counts` says how many had which fate.
    """

    def __init__(self, loss=0, duplicate=0, corrupt=0, delay=0, reorder=0):
        super().__init__(daemon=True)
        self.loss, self.duplicate, self.corrupt = loss, duplicate, corrupt
        self.delay, self.reorder = delay, reorder
        self.counts = collections.Counter()
        self.largest = 0  # bytes of a packet
        self.chance = random.Random(1)
        self.other = {}  # the other end of each end
        self.under_way = []  # heap of (when it is there, number, end, packet)
        self.ending = False

    def lay(self, pid):
        near, far = open_tun("near"), open_tun("far")
        run("ip", "link", "set", "far", "netns", str(pid))
        self.other = {near: far, far: near}
        self.start()

    def cut(self):
        self.ending = True
        self.join()
        for end in self.other:
            os.close(end)

    def run(self):
        while not self.ending:
            ready, _, _ = select.select(self.other, [], [], self.until_next())
            for end in ready:
                self.take(os.read(end, 65536), self.other[end])
            while self.under_way and self.until_next() == 0:
                _, _, end, packet = heapq.heappop(self.under_way)
                self.deliver(end, packet)

    def deliver(self, end, packet):
        try:
            os.write(end, packet)
        except OSError:  # it is not up yet, or this is no longer an IP packet
            self.counts["refused"] += 1

    def until_next(self):
        """Seconds until a packet is there, or until it is time to look around."""
        if not self.under_way:
            return 0.1
        return min(max(self.under_way[0][0] - time.monotonic(), 0), 0.1)

    def falls_on(self, fate):
        hit = self.chance.random() < getattr(self, fate)
        self.counts[fate] += hit
        return hit

    def take(self, packet, end):
        self.counts["packets"] += 1
        self.largest = max(self.largest, len(packet))
        if self.falls_on("loss"):
            return
        if self.falls_on("corrupt"):
            bit = self.chance.randrange(8 * len(packet))
            packet = bytearray(packet)
            packet[bit // 8] ^= 1 << bit % 8
        for _ in range(1 + self.falls_on("duplicate")):
            delay = 0 if self.falls_on("reorder") else self.delay
            number = self.counts["carried"]
            self.counts["carried"] += 1
            heapq.heappush(self.under_way, (time.monotonic() + delay, number, end, packet))
