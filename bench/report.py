"""The results of bench/run, for people: Markdown."""

from workloads import FOOTPRINT, WORKLOADS


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def number(x):
    """With three digits that count."""
    if x is None:
        return "-"
    if abs(x) >= 100:
        return f"{x:,.0f}"
    return f"{x:.1f}" if abs(x) >= 10 else f"{x:.2f}"


def with_quartiles(q):
    return f"{q['median']:.2f} ({q['q1']:.2f}-{q['q3']:.2f})"


# ---- side by side ----


def headline(workloads):
    rows = []
    for name, servers in workloads.items():
        ours, select = servers.get("echod"), servers.get("echod select")
        again = servers.get("epoll again") or servers.get("udp again")
        rows.append([name, *(f"{s[key]['median']:.2f}" if s else "-"
                             for key in ("rate_ratio", "cpu_ratio")
                             for s in (ours, select, again))])
    return table(["workload", "rate: echod", "select", "baseline again",
                  "CPU a message: echod", "select", "baseline again"], rows)


def workload(servers):
    rows = [[name, number(s["rate_per_s"]), with_quartiles(s["rate_ratio"]),
             number(s["cpu_us"]), with_quartiles(s["cpu_ratio"]),
             number(s["latency_us"]["p50"]), number(s["latency_us"]["p99"])]
            for name, s in servers.items()]
    return table(["server", "messages/s", "ratio (quartiles)", "CPU us/message",
                  "ratio (quartiles)", "p50 us", "p99 us"], rows)


# ---- one by one ----


def footprint(servers):
    counts = list(next(iter(servers.values()))["per_connection"])
    rows = []
    for name, s in servers.items():
        calls = s["system_calls"]
        rows.append([name, number(s.get("instructions")), f"{sum(calls.values()):.2f}",
                     *(number(s["per_connection"].get(n)) for n in counts),
                     *(number(s[key] / 1024) if key in s else "-"
                       for key in ("left_behind", "rss_at_start", "stripped")),
                     number(s["start_ms"])])
    return table(["server", "instructions/message", "system calls/message",
                  *(f"bytes/idle connection at {int(n):,}" for n in counts),
                  "KiB kept when they left", "KiB resident at start", "KiB stripped",
                  "ms to first echo"], rows)


def timers(libraries):
    rows = [[name, f"{t['timers']:,}", number(t["rearm"]),
             number(t["settle"]) if t["settle"] > 1 else "-",
             number(t["insert_cancel"]), number(t["replace"])]
            for name, lines in libraries.items() for t in lines]
    return table(["timers of", "how many", "re-arm ns", "settle ns", "insert+cancel ns",
                  "replace ns"], rows)


# ---- what was to be reached ----


def judge(what, value, goal, least=False):
    reached = value >= goal if least else value <= goal
    off = abs(value / goal - 1) * 100
    verdict = "reached" if reached else f"**missed by {off:.1f} %**"
    return [what, ("at least " if least else "at most ") + number(goal), number(value),
            verdict]


def verdicts(results):
    rows = []
    for w in WORKLOADS:
        servers = results["workloads"].get(w.name, {})
        for name in ["echod"] + ["echod select"] * w.select:
            if name not in servers or not w.goals:
                continue
            rate, cpu = (servers[name][k]["median"] for k in ("rate_ratio", "cpu_ratio"))
            rows.append(judge(f"{w.name}, {name}: rate", rate, w.goals["rate"], True))
            rows.append(judge(f"{w.name}, {name}: CPU", cpu, w.goals["cpu"]))
    ours = dict(results.get("footprint", {}).get("echod", {}))
    if ours:
        ours["per_connection"] = max(ours["per_connection"].values())
    for line in results.get("timers", {}).get("echod", []):
        if line["timers"] == 100_000:
            ours.update(line)
    rows += [judge(unit, ours[key], goal) for key, (goal, unit) in FOOTPRINT.items()
             if key in ours]
    return table(["what", "goal", "found", ""], rows)


def markdown(results):
    m = results["machine"]
    kind = "virtual machine" if m["virtual"] else "machine"
    parts = [
        f"{m['cpus']} CPU {kind}, {m['cpu']}, Linux {m['kernel']}; "
        f"load {m['load']:.1f} before; took {results['seconds']} s"
        f"{', quick' if results['quick'] else ''}.\n",
        *(f"Left out: {name} ({why}).\n" for name, why in results["left_out"].items()),
        "## Ratios to bare epoll\n", headline(results["workloads"]),
        "## What was to be reached\n", verdicts(results)]
    for name, servers in results["workloads"].items():
        parts += [f"## {name}\n", workload(servers)]
    if "footprint" in results:
        parts += ["## Footprint\n", footprint(results["footprint"])]
    if "timers" in results:
        parts += ["## Timers\n", timers(results["timers"])]
    return "\n".join(parts)
