"""What is measured side by side, and what echod is to reach."""

MAIN = ["epoll", "epoll again", "echod", "echod, no spin", "echod select"]
UDP = ["udp", "udp again", "echod", "echod, no spin", "echod select"]
PEERS = ["epoll", "select", "libev", "libevent", "libuv", "go", "node", "socat", "xinetd"]


class Workload:
    def __init__(self, name, connections, args=(), idle=0, peers=False, select=False,
                 udp=False, parts=1, **goals):
        self.name = name
        self.connections = connections
        self.args = args  # of echo-stress
        self.idle = idle  # connections beside those
        self.peers = peers  # are they measured too?
        self.select = select  # do the goals hold for that backend too?
        self.udp = udp  # then `connections` are datagrams in flight
        self.parts = parts  # of a round: each a shorter one, with servers of its own
        self.goals = goals  # the least rate, the most cpu: ratios to bare epoll


WORKLOADS = [
    Workload("1 x 64 B", 1, peers=True, rate=2.0, cpu=1.0),
    Workload("50 x 64 B", 50, peers=True, rate=0.98, cpu=1.03, select=True),
    Workload("1,000 x 64 B", 1000, peers=True, rate=0.97, cpu=1.05),
    Workload("9,000 x 64 B", 9000, rate=0.95, cpu=1.05),
    Workload("50 x 4 KiB", 50, ["-s", "4096"], rate=0.98, cpu=1.03),
    Workload("50 x 64 B, 16 deep", 50, ["-p", "16"], peers=True, rate=0.98, cpu=1.03),
    Workload("16 x 64 KiB, 4 deep", 16, ["-s", "65536", "-p", "4"], peers=True,
             parts=3, rate=1.20, cpu=0.85),
    Workload("16 x 1 MiB", 16, ["-s", "1048576"], parts=3),
    Workload("churn", 16, ["-m", "churn"], peers=True, rate=1.05, cpu=1.05),
    Workload("50 x 64 B beside 9,000 idle", 50, idle=9000, rate=0.98, cpu=1.03),
    Workload("UDP, 50 x 64 B in flight", 50, udp=True, rate=1.2, cpu=0.85),
]

# What else echod is to reach: (what, the least or the most, unit).
FOOTPRINT = {
    "instructions": (300, "instructions a message"),
    "per_connection": (256, "bytes an idle connection"),
    "left_behind": (256 * 1024, "bytes kept when all connections had left"),
    "start_ms": (10, "ms from start to first echo"),
    "stripped": (200 * 1024, "bytes of stripped program"),
    "rss_at_start": (3 * 1024 * 1024, "bytes resident at start"),
    "rearm": (12, "ns to re-arm one of 100,000 timers"),
    "insert_cancel": (25, "ns to insert and cancel one beside 100,000 timers"),
}
