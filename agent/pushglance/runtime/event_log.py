"""Log what a user should know: each push, each reply to a request, each link that fails or recovers, each long wait."""

import logging
from collections.abc import Sequence

from pushglance.core.commands import PushGlance, Reply
from pushglance.core.decider import Decider
from pushglance.core.events import DELIVERED, UNSENT, LinkChanged, PushFinished, Record, TimePassed
from pushglance.core.status.reasons import explain_alerts, explain_wait
from pushglance.core.words import LINK_NAMES, OUTCOME_TEXTS

log = logging.getLogger("pushglance")

_LONG_WAITS = ("price", "spacing", "budget")


class EventLog:
    """Write the log. Fields of a glance may be logged; keys never reach this class."""

    def __init__(self, decider: Decider) -> None:
        self._decider = decider
        self._sent: dict[str, tuple[int, dict[str, str]]] = {}  # watch -> push id and fields of its newest push
        self._down_since_ms: dict[str, int] = {}  # link -> when it failed
        self._logged_waits_ms: dict[str, int] = {}  # watch -> start of the wait that was logged
        self._logged_notes: dict[str, str] = {}  # contact -> what was logged about its alarm

    def on_events(self, events: Sequence[Record]) -> None:
        """Log the answers to pushes and the changes of links among these events."""
        is_verbose = log.isEnabledFor(logging.DEBUG)
        for event in events:
            if is_verbose and not isinstance(event, TimePassed):
                log.debug("event %s", event)
            if isinstance(event, LinkChanged):
                self._log_link(event)
            elif isinstance(event, PushFinished):
                self._log_push(event)

    def on_commands(self, commands: Sequence[Record]) -> None:
        """Log replies, and remember the fields of the newest push of each watch."""
        for command in commands:
            log.debug("command %s", command)
            if isinstance(command, PushGlance):
                self._sent[command.watch] = command.push_id, command.glance
            elif isinstance(command, Reply):
                log.info("request, %s: %s", command.subject, command.detail)

    def log_waits(self, now_ms: int) -> None:
        """Log why a change waits, once for each wait, and what is wrong with an alarm."""
        self._log_alarms(now_ms)
        for watch in self._decider.watches:
            since_ms = watch.pacing.since_ms
            if since_ms is None or watch.why not in _LONG_WAITS:
                if since_ms is None:
                    self._logged_waits_ms.pop(watch.name, None)
            elif self._logged_waits_ms.get(watch.name) != since_ms:
                self._logged_waits_ms[watch.name] = since_ms
                log.info("%s: %s", watch.name, explain_wait(watch, now_ms))

    def _log_alarms(self, now_ms: int) -> None:
        """Log once that an alarm was not given, and why."""
        alerts = self._decider.alerts
        if alerts is None or alerts.noted == self._logged_notes:
            return
        for name, note in alerts.noted.items():
            if note and self._logged_notes.get(name) != note:
                wait = explain_alerts(alerts, now_ms)
                log.warning("%s: %s: %s%s", alerts.name, name, note, f"; {wait}" if wait else "")
        self._logged_notes = dict(alerts.noted)

    def _log_push(self, event: PushFinished) -> None:
        push_id, glance = self._sent.get(event.watch, (0, {}))
        fields = ", ".join(f"{name} {text!r}" for name, text in sorted(glance.items()))
        sent = fields if push_id == event.push_id else "an earlier push"
        budget = self._decider.target(event.watch).budget
        left = budget.left(event.at_ms)
        level = logging.INFO if event.outcome == DELIVERED and not event.cause else logging.WARNING
        if event.outcome == UNSENT and "pushover" in self._down_since_ms:
            level = logging.DEBUG  # the outage was logged; failed attempts during it cost no budget
        detail = f": {event.detail}" if event.detail else ""
        outcome = OUTCOME_TEXTS[event.outcome]
        log.log(level, "%s: %s %s%s (%d of %d left)", event.watch, sent, outcome, detail, left, budget.capacity)

    def _log_link(self, event: LinkChanged) -> None:
        """Log a link that fails once, and its recovery with the duration of the outage."""
        name = LINK_NAMES[event.link]
        since_ms = self._down_since_ms.pop(event.link, None)
        if not event.is_up:
            self._down_since_ms[event.link] = event.at_ms if since_ms is None else since_ms
            if since_ms is None:
                log.warning("%s: unavailable", name)
        elif since_ms is not None:
            log.info("%s: available again after %d s", name, (event.at_ms - since_ms) // 1000)
        else:
            log.info("%s: available", name)
