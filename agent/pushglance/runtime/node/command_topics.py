"""Commands by MQTT: the same facts as those of the FIFO, as far as [node] allows each of them.

    ROOT/command/push-now[/WATCH]    payload: "all" for every field, else only what differs
    ROOT/command/pause[/WATCH]       payload: a duration ("2h"), "ON" until told otherwise, "OFF" to go on
    ROOT/command/set-total/COUNTER   payload: the total

Without a watch every one is meant. What became of it is published as JSON under ROOT/reply, not retained. A message
that the broker kept is nobody's command of now and is passed over.
"""

import json
import logging
import re
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from pushglance.core.events import PauseSet, PushRequested, Record, TotalSet
from pushglance.core.push.pause import ENDLESS
from pushglance.runtime.interfaces import EventQueue
from pushglance.runtime.status.status_file import MQTT_PREFIX

from .publish_queue import Message, Outbox

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan

log = logging.getLogger("pushglance")

PAYLOAD_MAX = 64  # bytes: a duration, a number or a word
A_MINUTE_MAX = 30  # commands; a person asks for one, an automation in a circle asks for thousands
_NAMES = ("push-now", "pause", "set-total")
_DURATION = re.compile(r"([0-9]{1,6}) ?(s|min|h|d)")
_UNITS_MS = {"s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


class _RefusedError(ValueError):
    """Say in one sentence why a command is none."""


class Commands:
    """Make facts of commands, in the broker's thread; a refused one is counted, replied to and told."""

    def __init__(self, plan: "Plan", outbox: Outbox, queue: EventQueue, now_ms: Callable[[], int]) -> None:
        assert plan["node"] is not None
        self._allowed = plan["node"]["commands"]
        self._reply_topic = f"{plan['node']['root']}/reply"
        self._watches = [watch["name"] for watch in plan["watches"]]
        self._counters = [sensor["name"] for sensor in plan["sensors"] if sensor["kind"] == "counter"]
        self._outbox = outbox
        self._queue = queue
        self._now_ms = now_ms
        self._taken_ms: deque[int] = deque(maxlen=A_MINUTE_MAX)
        self.refused = 0

    def take(self, path: str, payload: bytes) -> None:
        """Take a command, e.g. "pause/watch" with b"2h"."""
        name, _, subject = path.partition("/")
        try:
            events = self._read(name, subject, payload)
        except _RefusedError as reason:
            self.refused += 1
            if self.refused & (self.refused - 1) == 0:  # the 1st, 2nd, 4th, 8th ...
                log.warning("A command by MQTT is refused, the %dth so far: %s.", self.refused, reason)
            self.reply(name[:PAYLOAD_MAX], subject[:PAYLOAD_MAX], str(reason), is_done=False)
            return
        for key, event in events.items():
            self._queue.put_latest(f"command:{name}:{key}", event)  # of two that wait the newer one is meant

    def reply(self, command: str, subject: str, detail: str, *, is_done: bool) -> None:
        """Publish what became of a command."""
        told = {"command": command, "subject": subject, "done": is_done, "detail": detail}
        self._outbox.put_latest(Message(self._reply_topic, json.dumps(told), is_retained=False))

    def _read(self, name: str, subject: str, payload: bytes) -> dict[str, Record]:
        """Return the facts of a command by what they are about. Raises _RefusedError."""
        if name not in _NAMES:
            raise _RefusedError(f"there is no such command, but {', '.join(_NAMES)}")
        if name not in self._allowed:
            raise _RefusedError(f'{name} is not allowed: write commands = ["{name}"] in [node]')
        if len(payload) > PAYLOAD_MAX:
            raise _RefusedError(f"a command's payload has up to {PAYLOAD_MAX} bytes")
        now_ms = self._now_ms()
        if len(self._taken_ms) == A_MINUTE_MAX and now_ms - self._taken_ms[0] < _UNITS_MS["min"]:
            raise _RefusedError(f"that is more than {A_MINUTE_MAX} commands in a minute")
        text, request = payload.decode("utf-8", "replace").strip(), MQTT_PREFIX + name
        events: dict[str, Record] = {}
        if name == "set-total":
            [counter] = _named(subject, self._counters, "counter", is_every=False)
            events[counter] = TotalSet(now_ms, counter, text, request)
        elif name == "pause":
            for_ms = _pause_ms(text)
            for watch in _named(subject, self._watches, "watch"):
                events[watch] = PauseSet(now_ms, watch, for_ms, request)
        else:
            for watch in _named(subject, self._watches, "watch"):
                events[watch] = PushRequested(now_ms, watch, int(text.lower() == "all"), request)
        self._taken_ms.append(now_ms)
        return events


def _named(subject: str, known: list[str], what: str, *, is_every: bool = True) -> list[str]:
    if not known:
        raise _RefusedError(f"this node has no {what}")
    if subject in known:
        return [subject]
    if subject or not is_every:
        raise _RefusedError(f"there is no such {what}, but {', '.join(known)}")
    return known


def _pause_ms(text: str) -> int:
    if text.upper() in {"ON", "OFF"}:
        return ENDLESS if text.upper() == "ON" else 0
    found = _DURATION.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise _RefusedError('a pause is a number and a unit (s, min, h or d), e.g. "2h", or ON, or OFF')
    return int(found[1]) * _UNITS_MS[found[2]]
