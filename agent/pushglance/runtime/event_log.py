"""What the daemon tells a person: one line for each push, one when something goes, one when it comes back."""

import logging

from pushglance.core.commands import PushGlance, Reply
from pushglance.core.decider import Decider
from pushglance.core.events import DELIVERED, UNSENT, LinkChanged, PushFinished
from pushglance.core.status.reasons import because
from pushglance.core.words import LINK_NAMES, OUTCOME_TEXTS

log = logging.getLogger("pushglance")

_LONG_WAITS = ("price", "spacing", "budget")


class EventLog:
    """Write the log. Fields of a glance may be logged; keys never come this far."""

    def __init__(self, decider: Decider) -> None:
        self._decider = decider
        self._sent: dict[int, dict[str, str]] = {}
        self._gone_ms: dict[str, int] = {}
        self._waits: dict[str, int] = {}  # watch -> since when what was told to wait has waited

    def ordered(self, command: PushGlance) -> None:
        """Remember what a push carries until its answer."""
        self._sent[command.push_id] = command.glance

    def waiting(self, now_ms: int) -> None:
        """Write why a change waits, once for each wait."""
        for watch in self._decider.watches:
            since_ms = watch.pacing.since_ms
            if since_ms is None or watch.why not in _LONG_WAITS:
                if since_ms is None:
                    self._waits.pop(watch.name, None)
            elif self._waits.get(watch.name) != since_ms:
                self._waits[watch.name] = since_ms
                log.info("%s: %s", watch.name, because(watch, now_ms))

    def finished(self, event: PushFinished) -> None:
        """Write the line of one push."""
        glance = self._sent.pop(event.push_id, {})
        fields = ", ".join(f"{name} {text!r}" for name, text in sorted(glance.items()))
        budget = self._decider.receiver(event.watch).budget
        left = budget.left(event.at_ms)
        level = logging.INFO if event.outcome == DELIVERED else logging.WARNING
        if event.outcome == UNSENT and "pushover" in self._gone_ms:
            level = logging.DEBUG  # an outage is told once, and what is tried in vain meanwhile costs nothing
        detail = f": {event.detail}" if event.detail else ""
        words = OUTCOME_TEXTS[event.outcome]
        log.log(level, "%s: %s %s%s (%d of %d left)", event.watch, fields, words, detail, left, budget.capacity)

    def replied(self, reply: Reply) -> None:
        """Write what became of a request: one by a person is told like any other cause of a push."""
        log.info("asked by hand, %s: %s", reply.subject, reply.detail)

    def link(self, event: LinkChanged) -> None:
        """Write a line when a link goes, and one with the duration when it is back."""
        name = LINK_NAMES[event.link]
        gone_ms = self._gone_ms.pop(event.link, None)
        if not event.is_up:
            self._gone_ms[event.link] = event.at_ms if gone_ms is None else gone_ms
            if gone_ms is None:
                log.warning("%s: away", name)
        elif gone_ms is not None:
            log.info("%s: back after %d s", name, (event.at_ms - gone_ms) // 1000)
        else:
            log.info("%s: there", name)
