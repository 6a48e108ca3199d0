"""Commands by MQTT: those that [node] allows become the same events as requests from the control FIFO.

    ROOT/command/push-now[/WATCH]    payload: "all" sends every field, anything else only fields that differ
    ROOT/command/pause[/WATCH]       payload: a duration ("2h"), "ON" for a pause without an end, "OFF" to end it
    ROOT/command/set-total/COUNTER   payload: the total; "1234 today" corrects today's count, too

Without a watch the command is for every watch. The result is published as JSON under ROOT/reply, not retained.
Retained commands are ignored, because it is unknown how old they are.
"""

import json
import logging
import re
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from pushglance.core.events import Record
from pushglance.core.push.pause import ENDLESS
from pushglance.core.request_events import PauseSet, PushRequested, TotalSet
from pushglance.runtime.interfaces import EventQueue
from pushglance.runtime.status.status_file import MQTT_PREFIX

from .publish_queue import OutgoingMessage, PublishQueue

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan

log = logging.getLogger("pushglance")

PAYLOAD_MAX = 64  # bytes: a duration, a number or a word
COMMANDS_PER_MINUTE_MAX = 30  # an automation that triggers itself would send thousands
_COMMANDS = ("push-now", "pause", "set-total")
_DURATION = re.compile(r"([0-9]{1,6}) ?(s|min|h|d)")
_UNITS_MS = {"s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


class _RefusedError(ValueError):
    """The reason why a command is refused."""


class CommandTopics:
    """Turn commands into events, in the broker's thread. A refused command is counted, logged and answered."""

    def __init__(self, plan: "Plan", outgoing: PublishQueue, queue: EventQueue, now_ms: Callable[[], int]) -> None:
        assert plan["node"] is not None
        self._allowed = plan["node"]["commands"]
        self._reply_topic = f"{plan['node']['root']}/reply"
        self._watches = [watch["name"] for watch in plan["watches"]]
        self._counters = [sensor["name"] for sensor in plan["sensors"] if sensor["kind"] == "counter"]
        self._outgoing = outgoing
        self._queue = queue
        self._now_ms = now_ms
        self._accepted_ms: deque[int] = deque(maxlen=COMMANDS_PER_MINUTE_MAX)
        self.refused = 0

    def handle(self, path: str, payload: bytes) -> None:
        """Put the events of a command into the queue, e.g. "pause/home" with b"2h"; answer a refused one."""
        name, _, subject = path.partition("/")
        try:
            events = self._read(name, subject, payload)
        except _RefusedError as reason:
            self.refused += 1
            if self.refused & (self.refused - 1) == 0:  # the 1st, 2nd, 4th, 8th ...
                log.warning("A command by MQTT was refused: %s. Refused so far: %d.", reason, self.refused)
            self.reply(name[:PAYLOAD_MAX], subject[:PAYLOAD_MAX], str(reason), is_done=False)
            return
        for key, event in events.items():
            self._queue.put_latest(f"command:{name}:{key}", event)  # a newer command replaces one that waits

    def reply(self, command: str, subject: str, detail: str, *, is_done: bool) -> None:
        """Publish the result of a command."""
        result = {"command": command, "subject": subject, "done": is_done, "detail": detail}
        self._outgoing.put_latest(OutgoingMessage(self._reply_topic, json.dumps(result), is_retained=False))

    def _read(self, name: str, subject: str, payload: bytes) -> dict[str, Record]:
        """Return {watch or counter: event} of a command. Raises _RefusedError."""
        if name not in _COMMANDS:
            raise _RefusedError(f"unknown command {name[:PAYLOAD_MAX]!r}; known: {', '.join(_COMMANDS)}")
        if name not in self._allowed:
            raise _RefusedError(f'{name} is not allowed; write commands = ["{name}"] in [node]')
        if len(payload) > PAYLOAD_MAX:
            raise _RefusedError(f"the payload of a command has at most {PAYLOAD_MAX} bytes")
        now_ms = self._now_ms()
        if len(self._accepted_ms) == COMMANDS_PER_MINUTE_MAX and now_ms - self._accepted_ms[0] < _UNITS_MS["min"]:
            raise _RefusedError(f"more than {COMMANDS_PER_MINUTE_MAX} commands within a minute")
        text, request = payload.decode("utf-8", "replace").strip(), MQTT_PREFIX + name
        events: dict[str, Record] = {}
        if name == "set-total":
            [counter] = _select(subject, self._counters, "counter", is_required=True)
            total, _, word = text.partition(" ")
            is_today = word.strip().lower() == "today"
            events[counter] = TotalSet(now_ms, counter, total if is_today else text, request, int(is_today))
        elif name == "pause":
            for_ms = _pause_ms(text)
            for watch in _select(subject, self._watches, "watch"):
                events[watch] = PauseSet(now_ms, watch, for_ms, request)
        else:
            for watch in _select(subject, self._watches, "watch"):
                events[watch] = PushRequested(now_ms, watch, int(text.lower() == "all"), request)
        self._accepted_ms.append(now_ms)
        return events


def _select(subject: str, known: list[str], noun: str, *, is_required: bool = False) -> list[str]:
    """Return the watch or counter that is named, or all of them if none is. Raises _RefusedError."""
    if not known:
        raise _RefusedError(f"this node has no {noun}")
    if subject in known:
        return [subject]
    if subject or is_required:
        raise _RefusedError(f"unknown {noun} {subject[:PAYLOAD_MAX]!r}; known: {', '.join(known)}")
    return known


def _pause_ms(text: str) -> int:
    if text.upper() in {"ON", "OFF"}:
        return ENDLESS if text.upper() == "ON" else 0
    match = _DURATION.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise _RefusedError('a pause is a number and a unit (s, min, h or d), e.g. "2h", or ON, or OFF')
    return int(match[1]) * _UNITS_MS[match[2]]
