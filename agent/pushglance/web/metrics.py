"""Metrics for Prometheus at /metrics, read from the status file at each scrape."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .views.dashboard import DashboardView
from .views.sensor_tiles import is_unknown

_STATES = {"closed": 0.0, "open": 1.0, "moving": 1.0}


def metrics_text(view: DashboardView) -> bytes:
    """Return the metrics in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_StatusCollector(view))
    return generate_latest(registry)


class _StatusCollector(Collector):
    def __init__(self, view: DashboardView) -> None:
        self._view = view

    def collect(self) -> Iterator[Metric]:
        """Yield every metric; if no agent runs, only `pushglance_up` with 0."""
        status, problem = self._view.read_status()
        yield GaugeMetricFamily(
            "pushglance_up", "Whether the agent runs and updates its status.", value=float(not problem)
        )
        if status is None:
            return
        yield GaugeMetricFamily(
            "pushglance_clock_trusted", "Whether wall time is trusted.", value=float(status["is_clock_trusted"])
        )
        yield CounterMetricFamily(
            "pushglance_events_dropped", "Events dropped because the queue was full.", value=float(status["dropped"])
        )
        yield GaugeMetricFamily(
            "pushglance_unsaved_commands", "Commands that the store has not saved.", value=float(status["unsaved"])
        )
        if status.get("quota"):
            yield GaugeMetricFamily(
                "pushglance_quota_left",
                "Pushes of the account that are left in this month.",
                value=float(status["quota"]["left"]),
            )
        stuck = dict.fromkeys(status.get("stuck", ()), 1.0)
        yield _gauge("pushglance_worker_stuck", "Whether a thread of the agent makes no progress.", "worker", stuck)
        links = {link: float(is_up) for link, is_up in status["links"].items()}
        yield _gauge("pushglance_link_up", "Whether a link is up.", "link", links)
        nodes = {node: float(is_up) for node, is_up in status.get("nodes", {}).items()}
        yield _gauge("pushglance_node_up", "Whether another agent is online.", "node", nodes)
        yield from _watch_metrics(status["watches"])
        yield _gauge(
            "pushglance_receiver_parked", "Whether Pushover refuses a watch, or messages.", "receiver", _parked(status)
        )
        yield from _message_metrics(status.get("messages"))
        yield from _sensor_metrics(status["sensors"])


def _parked(status: dict[str, Any]) -> dict[str, float]:
    receivers = {**status["watches"], **({"messages": status["messages"]} if status.get("messages") else {})}
    return {name: float(bool(receiver["parked"])) for name, receiver in receivers.items()}


def _watch_metrics(watches: dict[str, Any]) -> Iterator[Metric]:
    for name, help_text, value_of in (
        ("pushes_left", "Pushes left in the budget.", lambda watch: watch["left"]),
        ("pushes_allowed", "Pushes allowed in any 24 hours.", lambda watch: watch["capacity"]),
        ("fields_pending", "Fields that differ from the screen.", lambda watch: len(watch["pending"])),
        ("parked", "Whether Pushover refused and nothing is pushed.", lambda watch: bool(watch["parked"])),
        ("paused", "Whether a user has paused pushing.", lambda watch: watch["paused_ms"] != 0),
    ):
        values = {watch_name: float(value_of(watch)) for watch_name, watch in watches.items()}
        yield _gauge(f"pushglance_{name}", help_text, "watch", values)


def _message_metrics(messages: dict[str, Any] | None) -> Iterator[Metric]:
    if not messages:
        return
    for name, help_text, value in (
        ("left", "Messages left of any 24 hours.", messages["left"]),
        ("due", "Messages that are due and wait.", len(messages.get("due", ()))),
        ("parked", "Whether Pushover refused messages.", bool(messages["parked"])),
        ("problems", "Alarms that were not given or reached no device.", len(messages.get("noted", ()))),
    ):
        yield GaugeMetricFamily(f"pushglance_messages_{name}", help_text, value=float(value))
    reported = messages.get("reported", {})
    for name, help_text, alarms in (
        (
            "reported",
            "Whether an alarm about the contact was sent or tried.",
            {name for name in reported if reported[name] != ""},
        ),
        ("waiting", "Whether the alarm about the contact is due and waits.", set(messages.get("due", ()))),
        (
            "failed",
            "Whether an alarm about the contact was not given or reached no device.",
            set(messages.get("noted", ())),
        ),
    ):
        values = {sensor: float(sensor in alarms) for sensor in sorted({*reported, *alarms})}
        yield _gauge(f"pushglance_alarm_{name}", help_text, "sensor", values)


def _sensor_metrics(sensors: dict[str, Any]) -> Iterator[Metric]:
    numbers, states = {}, {}
    for name, sensor in sensors.items():
        if sensor.get("reading") in _STATES and sensor["kind"] in ("contact", "group"):
            states[name] = _STATES[sensor["reading"]]
        elif sensor["kind"] in ("counter", "gauge", "group"):
            with suppress(TypeError, ValueError):  # not known yet, stale, or the names of a group
                numbers[name] = float(sensor["text"])
    yield _gauge("pushglance_sensor_value", "The value of a counter, a gauge or a group of numbers.", "sensor", numbers)
    yield _gauge(
        "pushglance_sensor_open", "Whether a contact or a group is open or moves; unknown: none.", "sensor", states
    )
    unknown = {name: float(is_unknown(sensor)) for name, sensor in sensors.items()}
    yield _gauge("pushglance_sensor_unknown", "Whether the value is unknown.", "sensor", unknown)
    ages = {name: sensor["age_ms"] / 1000 for name, sensor in sensors.items() if sensor.get("age_ms") is not None}
    yield _gauge("pushglance_sensor_age_seconds", "How old the last value is that was not ignored.", "sensor", ages)
    for metric, help_text, key in (
        ("pushglance_unreadable_payloads", "Payloads that are not a valid value of the sensor.", "unreadable"),
        ("pushglance_implausible_values", "Values that the sensor cannot have, which were ignored.", "implausible"),
        ("pushglance_edges_lost", "Edges that came too fast to be read.", "lost"),
    ):
        family = CounterMetricFamily(metric, help_text, labels=["sensor"])
        for name, sensor in sensors.items():
            family.add_metric([name], float(sensor.get(key, 0)))
        yield family


def _gauge(name: str, help_text: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for label_value, value in values.items():
        family.add_metric([label_value], value)
    return family
