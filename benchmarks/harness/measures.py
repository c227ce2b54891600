"""The measures, by name, and how the loader's reports give them."""

from __future__ import annotations

from benchmarks.harness.case import Record, Run
from benchmarks.harness.suite import Values

DELIVERIES = "deliveries/s"
EVENTS = "events/s"
WINDOW_EVENTS = "events/s, fixed window"
P50 = "p50 ms, one in flight"
P99 = "p99 ms, one in flight"
CPU = "CPU ms per 1,000 deliveries"
WINDOW_CPU = "CPU us per event, fixed window"
WINDOW_CPU_DELIVERIES = "CPU ms per 1,000 deliveries, fixed window"
CPU_PER_WINDOW = "CPU us per window"
BYTES = "bytes per delivery"
SERVER_BUSY = "server busy"
LOADER_BUSY = "loader busy"
OTHERS_BUSY = "others busy"
JOINED = "joined, s"
ALL_SAW = "all saw the last join, s"
RSS_PER_CLIENT = "resident KiB per client"
RSS = "resident MiB"
RECONNECTED = "reconnected, s"
SNAPSHOTS = "snapshots"
SEND_QUEUE = "kernel KiB for a stalled client"
STALLED_OPEN = "stalled clients still connected"
RECOVERED = "recovered, s"
WAKE_UP_COST = "CPU us per wake-up (fit)"
EVENT_COST = "CPU us per event (fit)"

# A core's share that other processes may take before a run counts as disturbed.
QUIET = 0.1


def _number(record: Record, name: str) -> float:
    value = record.get(name, 0)
    return float(value) if isinstance(value, int | float) else 0.0


def _of_phase(record: Record) -> dict[str, float]:
    def number(name: str) -> float:
        return _number(record, name)

    def per(amount: float, of: str, scale: float) -> float:
        return amount / number(of) * scale if number(of) else 0.0

    match record["phase"]:
        case "join":
            return {
                JOINED: number("joined_s"),
                ALL_SAW: number("seconds"),
                RSS_PER_CLIENT: number("rss_per_client_kib"),
            }
        case "one":
            return {P50: number("p50_ms"), P99: number("p99_ms")}
        case "pipelined":
            return {
                DELIVERIES: number("deliveries_per_s"),
                EVENTS: number("events_per_s"),
                CPU: per(number("server_cpu_s"), "deliveries", 1e6),
                BYTES: per(number("bytes"), "deliveries", 1.0),
                SERVER_BUSY: number("server_busy"),
                LOADER_BUSY: number("loader_busy"),
                OTHERS_BUSY: number("others_busy"),
                RSS: number("rss_kib") / 1024,
            }
        case "window":
            return {
                WINDOW_EVENTS: number("events_per_s"),
                WINDOW_CPU: per(number("server_cpu_s"), "events", 1e6),
                WINDOW_CPU_DELIVERIES: per(number("server_cpu_s"), "deliveries", 1e6),
                CPU_PER_WINDOW: per(number("server_cpu_s"), "windows", 1e6),
                LOADER_BUSY: number("loader_busy"),
                OTHERS_BUSY: number("others_busy"),
            }
        case "stalled":
            held = number("send_queue_kib") + number("receive_queue_kib")
            return {
                SEND_QUEUE: held / max(number("stalled"), 1.0),
                STALLED_OPEN: number("open"),
            }
        case "recover":
            return {
                RECOVERED: number("seconds"),
                SNAPSHOTS: per(number("snapshots"), "stalled", 1.0),
            }
        case "reconnect":
            return {RECONNECTED: number("seconds"), SNAPSHOTS: number("snapshots")}
    return {}


def values_of(run: Run) -> Values:
    """By measure, group and peer; later phases win where two give the same measure."""
    found: Values = {}
    for record in run.phases:
        for measure, value in _of_phase(record).items():
            found[measure, run.case.group, run.case.peer] = value
    return found
