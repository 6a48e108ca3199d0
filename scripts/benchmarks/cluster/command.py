"""`scripts/bench cluster`: two hubs with a real broker, a real shared store and the sandbox under load."""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from paho.mqtt.client import CallbackAPIVersion, Client

from pushglance.runtime.cluster.shared_store import SharedStore
from pushglance.runtime.cluster.store_types import SharedWatch, StoreVersion
from pushglance.sandbox import TOKEN, Sandbox
from support import plans
from support.agent.daemon import Daemon
from support.servers.broker import Broker
from support.servers.redis_server import RedisServer

if TYPE_CHECKING:
    from pushglance.core.plan_types import ClusterPlan

_LEASE_MS = 5000
_TIMEOUT_S = 240
_CLAIMS = 1000
_BEATS = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--watches", type=int, default=1000, help="watches that the hubs share (default 1000)")
    parser.add_argument("--sensors", type=int, default=10_000, help="sensors that they show (default 10000)")


def run(arguments: argparse.Namespace) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Broker(folder / "broker") as broker, RedisServer(folder / "store") as store, Sandbox() as sandbox:
            _measure_store(store)
            small = _start_hubs(folder / "small", sandbox, broker, store, 1, 1)
            _wait_until(lambda: _lease_count(small) == 1, "one watch has a lease")
            first_kb = _memory_kb(small[0])
            for hub in small:
                hub.close()
            _measure_hubs(folder / "full", sandbox, broker, store, arguments, first_kb)


def _measure_hubs(
    folder: Path, sandbox: Sandbox, broker: Broker, store: RedisServer, arguments: argparse.Namespace, first_kb: int
) -> None:
    watches, sensors = arguments.watches, arguments.sensors
    print(f"two hubs, {watches} watches, {sensors} sensors, a lease of {_LEASE_MS // 1000} s")
    _publish_values(broker, sensors, 0)
    pushed = len(sandbox.arrivals())
    start_s = time.monotonic()
    hubs = _start_hubs(folder, sandbox, broker, store, watches, sensors)
    try:
        _wait_until(lambda: _lease_count(hubs) == watches, "every watch has a lease")
        print(
            f"every watch has a lease after {time.monotonic() - start_s:.1f} s, "
            f"{[_lease_count([hub]) for hub in hubs]} by hub"
        )
        _wait_until(lambda: len(sandbox.arrivals()) - pushed >= watches, "every watch has got a push")
        duration_s = time.monotonic() - start_s
        print(f"every watch is up to date after {duration_s:.1f} s: {watches / duration_s:.0f} pushes per second")
        grown_kb = _memory_kb(hubs[0]) - first_kb
        print(
            f"memory of a hub: {first_kb / 1024:.0f} MiB with one watch, "
            f"and {grown_kb / watches:.0f} KiB per further watch"
        )
        with store.client() as client:
            stored = int(client.info("memory")["used_memory_dataset"])
        print(f"memory of the store: {stored / watches / 1024:.1f} KiB per watch")
        _measure_changes(hubs, sandbox, broker, sensors)
        _measure_failover(hubs, watches)
    finally:
        for hub in hubs:
            hub.close()


def _measure_changes(hubs: list[Daemon], sandbox: Sandbox, broker: Broker, sensors: int) -> None:
    """Change every sensor, then an urgent one: its push follows when all earlier changes are handled."""
    before = [_cpu_s(hub) for hub in hubs]
    start_s = time.monotonic()
    _publish_values(broker, sensors, 1)
    broker.publish("bench/door", "open", retain=True)
    _wait_until(
        lambda: any(arrival.fields.get("title") == "Garage open" for arrival in sandbox.arrivals()),
        "the watch shows the door",
    )
    duration_s = time.monotonic() - start_s
    used_s = max(_cpu_s(hub) - cpu_s for hub, cpu_s in zip(hubs, before, strict=True))
    print(
        f"{sensors} changes, then a door: on the watch after {duration_s:.1f} s, "
        f"{sensors / duration_s:.0f} changes per second;"
    )
    print(
        f"  CPU time of the busier hub: {used_s:.1f} s, "
        f"{sensors / max(used_s, 0.01):.0f} changes per second of one core"
    )


def _measure_failover(hubs: list[Daemon], watches: int) -> None:
    hubs[0].kill()
    start_s = time.monotonic()
    _wait_until(lambda: _lease_count(hubs[1:]) == watches, "the other hub has all leases")
    duration_s = time.monotonic() - start_s
    print(
        f"one hub is killed: the other has all leases after {duration_s:.1f} s, "
        f"{duration_s * 1000 / _LEASE_MS:.1f} lease times"
    )


def _measure_store(server: RedisServer) -> None:
    """Measure the requests of hubs to the store, on one connection."""
    store = SharedStore(_cluster(server, "bench"), "")
    memory = StoreVersion("", 0)
    store.heartbeat("bench", 600_000, "k\tg\t1\tbench", memory, "bench", is_new=True)
    watches = [SharedWatch(f"{number:016d}", "*") for number in range(_CLAIMS)]
    latest_ms = 1 << 52
    start_s = time.monotonic()
    leases = store.acquire("bench", [(watch, True, []) for watch in watches], latest_ms)
    takes = _CLAIMS / (time.monotonic() - start_s)
    start_s = time.monotonic()
    for watch, lease in zip(watches, leases, strict=True):
        assert not isinstance(lease, str), lease
        store.claim("bench", lease.number, watch, "*/bench/1/bench", 50, latest_ms, memory, ["text"])
    claims = _CLAIMS / (time.monotonic() - start_s)
    start_s = time.monotonic()
    for _ in range(_BEATS):
        store.heartbeat("bench", 600_000, "k\tg\t1\tbench", memory, "bench", is_new=False)
    beats = _BEATS / (time.monotonic() - start_s)
    print(
        f"requests to the store, on disk before the answer: {takes:.0f} leases, {claims:.0f} claims, "
        f"{beats:.0f} heartbeats per second"
    )
    store.release("bench", watches, is_end=True)
    store.close()
    with server.client() as client:
        client.flushall()


def _start_hubs(
    folder: Path, sandbox: Sandbox, broker: Broker, store: RedisServer, watches: int, sensors: int
) -> list[Daemon]:
    hubs = []
    for name in ("one", "two"):
        (folder / name).mkdir(parents=True)
        plan = _plan(sandbox, broker, watches, sensors)
        plan["cluster"] = _cluster(store, name)
        hubs.append(Daemon(folder / name, plan).spawn())
    return hubs


def _cluster(store: RedisServer, name: str) -> "ClusterPlan":
    return {
        "url": store.url,
        "username": "",
        "ca_file": "",
        "hub": name,
        "lease_ms": _LEASE_MS,
        "trust": "checked",
        "replicas": 0,
    }


def _plan(sandbox: Sandbox, broker: Broker, watches: int, sensors: int) -> dict[str, object]:
    """Return a plan whose watches share the sensors in turn, in text; the first watch also shows the door."""
    gauges = [plans.gauge(f"s{number}", topic=f"bench/{number}", deadband=0) for number in range(sensors)]
    shown = [[f"s{number}" for number in range(first, sensors, watches)] for first in range(watches)]
    built = []
    for number, names in enumerate(shown):
        parts = [part for name in names for part in ([name, ""], " ")]
        door = {"title": [["garage", ""]]} if number == 0 else {}
        watch = plans.watch(f"w{number}", pacing="price", **door, text=parts or ["-"])
        built.append(watch | {"account": f"{number:016x}", "device": ""})
    return plans.plan(
        [plans.topic_contact(topic="bench/door"), *gauges],
        built,
        pushover={"url": sandbox.url, "connect_ms": 2000, "read_ms": 2000, "ca_file": ""},
        mqtt=plans.mqtt(broker.port, version="5"),
        secrets={
            "token": TOKEN,
            "users": {watch["name"]: f"u{number:029d}" for number, watch in enumerate(built)},
            "mqtt_password": "",
        },
    )


def _publish_values(broker: Broker, sensors: int, value: int) -> None:
    """Publish a retained value of every sensor as fast as the broker accepts them; for 0, also a closed door."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(1000)
    client.connect(broker.host, broker.port)
    client.loop_start()
    if not value:
        client.publish("bench/door", "closed", qos=1, retain=True)
    sent = [client.publish(f"bench/{number}", str(value), qos=1, retain=True) for number in range(sensors)]
    for message in sent:
        message.wait_for_publish(_TIMEOUT_S)
    client.disconnect()
    client.loop_stop()


def _lease_count(hubs: list[Daemon]) -> int:
    """Return for how many watches these hubs hold the lease."""
    return sum(watch["standby_reason"] == "" for hub in hubs for watch in hub.status()["watches"].values())


def _wait_until(is_true: Callable[[], bool], what: str) -> None:
    until_s = time.monotonic() + _TIMEOUT_S
    while not is_true():
        if time.monotonic() > until_s:
            raise SystemExit(f"after {_TIMEOUT_S} s it is still not true that {what}")
        time.sleep(0.2)


def _proc(hub: Daemon) -> Path:
    assert hub.process is not None
    return Path(f"/proc/{hub.process.pid}")


def _memory_kb(hub: Daemon) -> int:
    status = (_proc(hub) / "status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def _cpu_s(hub: Daemon) -> float:
    fields = (_proc(hub) / "stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100
