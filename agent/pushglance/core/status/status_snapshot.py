"""Snapshot of the whole state as plain JSON, for `status` and the page. Taking one changes nothing."""

from pushglance.core.sensors.contact import Contact

from .push_health import push_health
from .reasons import explain_alerts, explain_price, explain_wait, latest_ms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.decider import Decider
    from pushglance.core.push.alerts import AlertSender
    from pushglance.core.push.watch import Watch
    from pushglance.core.sensors.sensor import Sensor


def status_snapshot(decider: "Decider", now_ms: int) -> "dict[str, Any]":
    """Return sensors, watches, alerts, links and nodes as they are at `now_ms`."""
    return {
        "sensors": {name: _sensor(decider.sensors[name], now_ms) for name in decider.sensors},
        "watches": {watch.name: _watch(watch, now_ms) for watch in decider.watches},
        "messages": None if decider.alerts is None else _alerts(decider.alerts, now_ms),
        "links": dict(decider.links),
        "nodes": {} if decider.links.get("mqtt") == 0 else dict(decider.nodes),  # else not known
        "is_clock_trusted": 1 if decider.wall.is_trusted else 0,
    }


def _sensor(sensor: "Sensor", now_ms: int) -> "dict[str, Any]":
    held = {}
    if isinstance(sensor, Contact) and sensor.value is not None:
        held = {"since_local_s": sensor.since_local_s(), "held_ms": sensor.held_ms(now_ms)}
    return held | {
        "kind": sensor.kind,
        "source": sensor.source,
        "text": sensor.text(""),
        "reading": sensor.reading(),
        "unknown": sensor.unknown,
        "unknown_detail": sensor.detail,
        "unreadable": sensor.unreadable,
        "implausible": sensor.implausible,
        "lost": sensor.lost,
        "age_ms": sensor.value_age_ms(now_ms),
    }


def _watch(watch: "Watch", now_ms: int) -> "dict[str, Any]":
    returns = watch.budget.refill_times_ms(now_ms)
    by_ms = latest_ms(watch)
    return push_health(watch, now_ms) | {
        "shown": dict(watch.shown),
        "pending": dict(watch.pending),
        "why": watch.why,
        "explanation": explain_wait(watch, now_ms),
        "price_explanation": explain_price(watch, now_ms),
        "price_s": _seconds(watch.pacing.price_ms),
        "worth_s": _seconds(watch.pacing.worth_ms),
        "latest_in_ms": None if by_ms is None else max(0, by_ms - now_ms),
        "next_in_ms": None if watch.next_ms is None else max(0, watch.next_ms - now_ms),
        "is_in_flight": 0 if watch.in_flight is None else 1,
        "capacity": watch.budget.capacity,
        "left": watch.budget.left(now_ms),
        "next_return_in_ms": returns[0] - now_ms if returns else None,
        "returns_in_ms": [at_ms - now_ms for at_ms in returns],
        "spacing_ms": watch.pacing.spacing_ms,
        "early": _early(returns, watch.pacing.spacing_ms),
        "standby_reason": watch.standby_reason,
        "paused_ms": watch.pause.left_ms(now_ms),
        "sensors": watch.sensor_names,
    }


def _early(refill_times_ms: "list[int]", spacing_ms: int) -> "int | None":
    """Return how many of the last day's pushes came less than the spacing after the one before.

    Pushes return in the distances in which they were made. None if all return at one time, by `resets_at`.
    """
    gaps_ms = [refill_times_ms[key + 1] - refill_times_ms[key] for key in range(len(refill_times_ms) - 1)]
    return None if gaps_ms and not any(gaps_ms) else sum([gap_ms < spacing_ms for gap_ms in gaps_ms])


def _alerts(alerts: "AlertSender", now_ms: int) -> "dict[str, Any]":
    returns = alerts.budget.refill_times_ms(now_ms)
    return push_health(alerts, now_ms) | {
        "reported": dict(alerts.shown),
        "why": alerts.why,
        "capacity": alerts.budget.capacity,
        "left": alerts.budget.left(now_ms),
        "next_return_in_ms": returns[0] - now_ms if returns else None,
        "next_in_ms": None if alerts.next_ms is None else max(0, alerts.next_ms - now_ms),
        "is_in_flight": 0 if alerts.in_flight is None else 1,
        "due": alerts.due,
        "explanation": explain_alerts(alerts, now_ms),
        "noted": {name: alerts.noted[name] for name in alerts.noted if alerts.noted[name]},
    }


def _seconds(weighted_ms: "int | None") -> "int | None":
    return None if weighted_ms is None else (weighted_ms + 999) // 1000
