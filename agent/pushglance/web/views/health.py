"""The health of the agent: one line for each part of it, and whether a watch or an alarm is held up."""

from typing import Any, NamedTuple

from pushglance.core.words import LINK_NAMES
from pushglance.runtime.status.status_reader import (
    is_quota_low,
    is_stale,
    link_reasons,
    message_problems,
    quota_text,
)


class HealthItem(NamedTuple):
    """One line of the health list; `severity` is "ok", "warn", "error" or "" (not known) and selects the colour."""

    name: str
    detail: str
    severity: str


def is_held_up(status: dict[str, Any]) -> bool:
    """Return whether Pushover refuses a watch, or an alarm waits, was missed, or reached no device."""
    messages = status.get("messages")
    is_parked = any(watch["parked"] for watch in status["watches"].values())
    return is_parked or bool(messages and message_problems(messages))


def health_items(status: dict[str, Any] | None) -> list[HealthItem]:
    """Return the lines of the health list."""
    if status is None:
        return [HealthItem("Agent", "not running", "error")]
    agent = HealthItem("Agent", f"running, process {status['pid']}", "ok")
    items = [HealthItem("Agent", "no updates", "error") if is_stale(status) else agent]
    if quota := quota_text(status):
        items.append(HealthItem("Quota", quota, "warn" if is_quota_low(status) else "ok"))
    items += [HealthItem(f"Worker {worker}", "makes no progress", "error") for worker in status.get("stuck", ())]
    items += _links(status)
    if messages := status.get("messages"):
        is_bad = bool(message_problems(messages))
        items.append(HealthItem("Messages", "see above" if is_bad else "ready", "error" if is_bad else "ok"))
    for node, is_up in sorted(status.get("nodes", {}).items()):
        items.append(HealthItem(f"Node {node}", *_link_state(is_up, "online", "offline")))
    pins = sum(sensor["source"] == "gpio" for sensor in status["sensors"].values())
    if pins:
        items.append(HealthItem("Pins", f"{pins} in use", "ok"))
    clock = ("set from the network", "ok") if status["is_clock_trusted"] else ("not trusted yet", "warn")
    items.append(HealthItem("Clock", *clock))
    lost_edges = sum(sensor.get("lost", 0) for sensor in status["sensors"].values())
    for name, number in (("Dropped events", status["dropped"]), ("Lost edges", lost_edges)):
        items.append(HealthItem(name, str(number), "error" if number else "ok"))
    if status["unsaved"]:
        items.append(HealthItem("Not saved yet", str(status["unsaved"]), "error"))
    return items


def _links(status: dict[str, Any]) -> list[HealthItem]:
    links, reasons = status["links"], link_reasons(status)
    items = []
    for link in sorted({*(["pushover"] if status["watches"] else []), *links}):
        name = LINK_NAMES.get(link, link)
        down = f"not connected: {reasons[link]}" if link in reasons else "not connected"
        state = ("not tried yet", "") if link not in links else _link_state(links[link], "connected", down)
        items.append(HealthItem(name[:1].upper() + name[1:], *state))
    return items


def _link_state(is_up: object, up: str, down: str) -> tuple[str, str]:
    return (up, "ok") if is_up else (down, "error")
