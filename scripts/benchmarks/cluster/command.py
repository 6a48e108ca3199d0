"""How many watches and sensors hubs carry: two hubs with a real broker, a real shared store and the sandbox."""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from paho.mqtt.client import CallbackAPIVersion, Client

from pushglance.runtime.cluster.shared_store import Memory, SharedStore, SharedWatch
from pushglance.sandbox import TOKEN, Sandbox
from support import plans
from support.daemon import Daemon
from support.servers.broker import Broker
from support.servers.redis_server import RedisServer

_LEASE_MS = 5000
_PATIENCE_S = 240
_CLAIMS = 1000
_BEATS = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--watches", type=int, default=1000, help="how many watches the hubs share (default 1000)")
    parser.add_argument("--sensors", type=int, default=10_000, help="how many sensors they show (default 10000)")


def run(arguments: argparse.Namespace) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Broker(folder / "broker") as broker, RedisServer(folder / "store") as store, Sandbox() as sandbox:
            _ask_the_store(store)
            small = _hubs(folder / "small", sandbox, broker, store, 1, 1)
            _until(lambda: _led(small) == 1, "one watch is led")
            first_kb = _memory_kb(small[0].process.pid)
            for hub in small:
                hub.close()
            _whole(folder / "whole", sandbox, broker, store, arguments, first_kb)


def _whole(
    folder: Path, sandbox: Sandbox, broker: Broker, store: RedisServer, arguments: argparse.Namespace, first_kb: int
) -> None:
    watches, sensors = arguments.watches, arguments.sensors
    print(f"two hubs, {watches} watches, {sensors} sensors, a lease of {_LEASE_MS // 1000} s")
    _tell(broker, sensors, 0)
    pushed = len(sandbox.arrivals())
    began_s = time.monotonic()
    hubs = _hubs(folder, sandbox, broker, store, watches, sensors)
    try:
        _until(lambda: _led(hubs) == watches, "every watch is led")
        print(f"every watch is led after {time.monotonic() - began_s:.1f} s, {[_led([hub]) for hub in hubs]} by hub")
        _until(lambda: len(sandbox.arrivals()) - pushed >= watches, "every watch is pushed to once")
        took_s = time.monotonic() - began_s
        print(f"every watch shows the truth after {took_s:.1f} s: {watches / took_s:.0f} pushes a second")
        grown_kb = _memory_kb(hubs[0].process.pid) - first_kb
        print(f"a hub holds {first_kb / 1024:.0f} MiB with one watch and {grown_kb / watches:.0f} KiB more for each")
        with store.client() as client:
            held = int(client.info("memory")["used_memory_dataset"])
        print(f"the store holds {held / watches / 1024:.1f} KiB for each")
        _hear(hubs, sandbox, broker, sensors)
        _take_over(hubs, watches)
    finally:
        for hub in hubs:
            hub.close()


def _hear(hubs: list[Daemon], sandbox: Sandbox, broker: Broker, sensors: int) -> None:
    """Change every sensor, then one that is urgent: it is pushed when all that came before is dealt with."""
    before = [_cpu_s(hub.process.pid) for hub in hubs]
    began_s = time.monotonic()
    _tell(broker, sensors, 1)
    broker.publish("bench/door", "open", retain=True)
    _until(lambda: any(a.fields.get("title") == "Garage open" for a in sandbox.arrivals()), "the door is shown")
    took_s = time.monotonic() - began_s
    spent_s = max(_cpu_s(hub.process.pid) - b for hub, b in zip(hubs, before, strict=True))
    print(f"{sensors} changes and a door are on the watch after {took_s:.1f} s: {sensors / took_s:.0f} a second;")
    print(f"  a hub works {spent_s:.1f} s on them: {sensors / max(spent_s, 0.01):.0f} a second of one core")


def _take_over(hubs: list[Daemon], watches: int) -> None:
    hubs[0].kill()
    began_s = time.monotonic()
    _until(lambda: _led(hubs[1:]) == watches, "the other hub leads them all")
    took_s = time.monotonic() - began_s
    print(f"one hub is killed: the other leads all after {took_s:.1f} s, {took_s * 1000 / _LEASE_MS:.1f} leases")


def _ask_the_store(server: RedisServer) -> None:
    """Time what hubs ask the store, on one connection."""
    store = SharedStore(_cluster(server, "bench"), "")
    memory = Memory("", 0)
    store.beat("bench", 600_000, "k\tg\t1\tbench", memory, "bench", is_new=True)
    watches = [SharedWatch(f"{number:016d}", "*") for number in range(_CLAIMS)]
    latest_ms = 1 << 52
    began_s = time.monotonic()
    leases = store.take("bench", [(watch, True, []) for watch in watches], latest_ms)
    takes = _CLAIMS / (time.monotonic() - began_s)
    began_s = time.monotonic()
    for watch, lease in zip(watches, leases, strict=True):
        store.claim("bench", lease.number, watch, "*/bench/1/bench", 50, latest_ms, memory, ["text"])
    claims = _CLAIMS / (time.monotonic() - began_s)
    began_s = time.monotonic()
    for _ in range(_BEATS):
        store.beat("bench", 600_000, "k\tg\t1\tbench", memory, "bench", is_new=False)
    beats = _BEATS / (time.monotonic() - began_s)
    print(f"the store, on disk before it answers: {takes:.0f} leases, {claims:.0f} claims, {beats:.0f} beats a second")
    store.leave("bench", watches, is_end=True)
    store.close()
    with server.client() as client:
        client.flushall()


def _hubs(
    folder: Path, sandbox: Sandbox, broker: Broker, store: RedisServer, watches: int, sensors: int
) -> list[Daemon]:
    hubs = []
    for name in ("one", "two"):
        (folder / name).mkdir(parents=True)
        plan = _plan(sandbox, broker, watches, sensors)
        plan["cluster"] = _cluster(store, name)
        hubs.append(Daemon(folder / name, plan).spawn())
    return hubs


def _cluster(store: RedisServer, name: str) -> dict[str, object]:
    access = {"url": store.url, "username": "", "ca_file": ""}
    return access | {"hub": name, "lease_ms": _LEASE_MS, "trust": "checked", "replicas": 0}


def _plan(sandbox: Sandbox, broker: Broker, watches: int, sensors: int) -> dict[str, object]:
    """Return watches that show one sensor each in text, and all of them the door; sensors are dealt out in turn."""
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


def _tell(broker: Broker, sensors: int, value: int) -> None:
    """Publish a value of every sensor, retained, as fast as the broker takes them; the door is shut."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(1000)
    client.connect(broker.host, broker.port)
    client.loop_start()
    if not value:
        client.publish("bench/door", "closed", qos=1, retain=True)
    sent = [client.publish(f"bench/{number}", str(value), qos=1, retain=True) for number in range(sensors)]
    for message in sent:
        message.wait_for_publish(_PATIENCE_S)
    client.disconnect()
    client.loop_stop()


def _led(hubs: list[Daemon]) -> int:
    """Return how many watches these hubs say they lead."""
    return sum(watch["standby_reason"] == "" for hub in hubs for watch in hub.live()["watches"].values())


def _until(is_so: Callable[[], bool], what: str) -> None:
    until_s = time.monotonic() + _PATIENCE_S
    while not is_so():
        if time.monotonic() > until_s:
            raise SystemExit(f"gave up waiting until {what}")
        time.sleep(0.2)


def _memory_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100
