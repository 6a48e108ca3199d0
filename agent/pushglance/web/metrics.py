"""/metrics: what a Prometheus collects, read from the live file at each scrape."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .dashboard import DashboardView


def metrics_text(sight: DashboardView) -> bytes:
    """Return the metrics in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_OfLiveFile(sight))
    return generate_latest(registry)


class _OfLiveFile(Collector):
    def __init__(self, sight: DashboardView) -> None:
        self._sight = sight

    def collect(self) -> Iterator[Metric]:
        """Yield every metric; an agent that does not run is up 0 and nothing else."""
        live, trouble = self._sight.live()
        yield GaugeMetricFamily(
            "pushglance_up", "Whether the agent runs and tells its state.", value=float(not trouble)
        )
        if live is None:
            return
        yield GaugeMetricFamily(
            "pushglance_clock_trusted", "Whether wall time is trusted.", value=float(live["is_clock_trusted"])
        )
        yield CounterMetricFamily(
            "pushglance_facts_dropped", "Facts dropped because too many waited.", value=float(live["dropped"])
        )
        yield GaugeMetricFamily(
            "pushglance_unsaved_orders", "Orders the store has not taken.", value=float(live["unsaved"])
        )
        yield _by(
            "pushglance_link_up", "Whether a link is up.", "link", {n: float(up) for n, up in live["links"].items()}
        )
        nodes = {node: float(is_up) for node, is_up in live.get("nodes", {}).items()}
        yield _by("pushglance_node_up", "Whether another agent is online.", "node", nodes)
        yield from _of_watches(live["watches"])
        yield from _of_sensors(live["sensors"])


def _of_watches(watches: dict[str, Any]) -> Iterator[Metric]:
    for name, help_text, value in (
        ("pushes_left", "Pushes left in the budget.", lambda one: one["left"]),
        ("pushes_allowed", "Pushes allowed in any 24 hours.", lambda one: one["capacity"]),
        ("fields_pending", "Fields that differ from the screen.", lambda one: len(one["pending"])),
        ("parked", "Whether Pushover refused and nothing is pushed.", lambda one: bool(one["parked"])),
        ("paused", "Whether a person has paused pushing.", lambda one: one["paused_ms"] != 0),
    ):
        yield _by(
            f"pushglance_{name}", help_text, "watch", {watch: float(value(one)) for watch, one in watches.items()}
        )


def _of_sensors(sensors: dict[str, Any]) -> Iterator[Metric]:
    numbers = {}
    for name, sensor in sensors.items():
        if sensor["kind"] in ("counter", "gauge"):
            with suppress(TypeError, ValueError):  # not known yet, or stale
                numbers[name] = float(sensor["text"])
    yield _by("pushglance_sensor_value", "The number a counter or gauge shows.", "sensor", numbers)
    for metric, help_text, key in (
        ("pushglance_unreadable_payloads", "Payloads that were no value of the sensor.", "unreadable"),
        ("pushglance_edges_lost", "Edges that came too fast to be read.", "lost"),
    ):
        family = CounterMetricFamily(metric, help_text, labels=["sensor"])
        for name, sensor in sensors.items():
            family.add_metric([name], float(sensor.get(key, 0)))
        yield family


def _by(name: str, help_text: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for one, value in values.items():
        family.add_metric([one], value)
    return family
