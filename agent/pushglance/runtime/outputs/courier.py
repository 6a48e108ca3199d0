"""The courier: one worker that carries pushes out, one at a time, and puts what became of them into the queue.

Tenacity retries what surely never left. Before each further attempt the courier asks the core (`PushRetrying`) for the
freshest glance, and the core answers with the same push id or cancels; so no attempt carries yesterday's door.
"""

import logging
import random
import threading

import tenacity

from pushglance.core.commands import CancelPush, PushGlance
from pushglance.core.events import UNKNOWN, UNSENT, PushFinished
from pushglance.core.pacing.budget import FLIGHT_MS
from pushglance.core.push.backoff import JITTER_FULL, backoff_ms
from pushglance.core.wire.push_delivery import ATTEMPTS, RETRY_BASE_MS, RETRY_CEILING_MS, PendingCommands
from pushglance.core.wire.pushover_answer import Answer
from pushglance.runtime.clock import monotonic_ms
from pushglance.runtime.interfaces import EventQueue, SendGuard

from .pushover import Pushover

log = logging.getLogger("pushglance")

REPLY_S = 30  # for the core's answer; the loop may be waiting for a slow card
LEAVES_WITHIN_MS = FLIGHT_MS - 60_000  # then the core gives a push up, and books it as if it had left by then
STOP_S = 0.9  # with the broker's share, within two seconds in all


class _Cancelled(Exception):  # noqa: N818 - not an error: the core wants this push no more
    """End the attempts of a push."""


class AllowAll:
    """Let every push leave: what the core has booked is booked, where nobody shares it."""

    def authorize(self, _order: PushGlance) -> str:
        """Say nothing against it."""
        return ""

    def on_finished(self, _order: PushGlance, _outcome: str, _said: str) -> None:
        """Have nothing to note."""


class HttpCourier:
    """Take orders from the loop, post them from a thread of its own."""

    def __init__(
        self, pushover: Pushover, users: dict[str, tuple[str, str]], queue: EventQueue, guard: SendGuard | None = None
    ) -> None:
        self._pushover = pushover
        self._guard = guard or AllowAll()
        self._users = users  # watch name -> (user key, device)
        self._queue = queue
        self._pending = PendingCommands()
        self._taken: dict[str, tuple[int, int]] = {}  # watch name -> its newest push and when that was taken first
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="courier", daemon=True)

    def start(self) -> None:
        """Begin to wait for orders."""
        self._thread.start()

    def submit(self, command: PushGlance | CancelPush) -> None:
        """Accept an order; a newer one for the same watch replaces what has not left."""
        with self._changed:
            if not self._pending.put(command):
                return
            if self._taken.get(command.watch, (0, 0))[0] != command.push_id:
                self._taken[command.watch] = command.push_id, monotonic_ms()
            self._changed.notify()

    def stop(self) -> None:
        """End within a second; an answer that is still out by then is left to the debit."""
        self._stopping.set()
        with self._changed:
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(STOP_S)

    def _work(self) -> None:
        while (command := self._next()) is not None:
            if isinstance(command, PushGlance):
                self._deliver(command)
        self._pushover.close()

    def _next(self) -> PushGlance | CancelPush | None:
        with self._changed:
            self._changed.wait_for(lambda: not self._pending.is_empty() or self._stopping.is_set())
            return None if self._stopping.is_set() else self._pending.pop()

    def _deliver(self, command: PushGlance) -> None:
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda answer: answer.outcome == UNSENT),
            stop=tenacity.stop_after_attempt(ATTEMPTS) | tenacity.stop_when_event_set(self._stopping),
            wait=lambda state: backoff_ms(state.attempt_number, RETRY_BASE_MS, RETRY_CEILING_MS, _jitter()) / 1000,
            sleep=tenacity.sleep_using_event(self._stopping),
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        fresh: PushGlance | None = command

        def attempt() -> Answer:
            nonlocal fresh
            now, fresh = fresh or self._renewed(command), None
            if now is None:
                return Answer(UNSENT, 0, "not tried again")
            return self._post(now)

        try:
            answer = attempts(attempt)
        except _Cancelled:
            return
        with self._changed:
            self._pending.finish(command)
        self._queue.put(
            PushFinished(
                monotonic_ms(), command.watch, command.push_id, answer.outcome, _jitter(), answer.wait_ms, answer.detail
            )
        )

    def _post(self, command: PushGlance) -> Answer:
        user, device = self._users[command.watch]
        push_id, taken_ms = self._taken[command.watch]
        if push_id != command.push_id:
            return Answer(UNSENT, 0, "a newer push waits")
        leaves_before_ms = taken_ms + LEAVES_WITHIN_MS
        try:
            answer = self._pushover.post(
                user, device, command.glance, leaves_before_ms, lambda: self._guard.authorize(command)
            )
        except Exception as error:  # noqa: BLE001 - a worker that dies would leave every watch waiting for ever
            answer = Answer(UNKNOWN, 0, f"a mistake in pushglance: {type(error).__name__}")
        try:
            self._guard.on_finished(command, answer.outcome, answer.detail)
        except Exception:  # as above; the push counts until somebody surely knows better
            log.exception("how a push ended could not be noted")
        return answer

    def _renewed(self, command: PushGlance) -> PushGlance | None:
        """Ask for the freshest glance of a push that has not left. Raises _Cancelled when the core wants it no more."""
        with self._changed:
            question = self._pending.start_refresh(command, monotonic_ms())
        self._queue.put(question)
        with self._changed:
            self._changed.wait_for(lambda: self._pending.has(command.watch) or self._stopping.is_set(), REPLY_S)
            reply = self._pending.pop_refreshed(command)  # None: stopping, or a loop that waits for its card
        if isinstance(reply, CancelPush):
            raise _Cancelled
        return reply


def _jitter() -> int:
    return random.randrange(JITTER_FULL)  # noqa: S311 - spreads retries, keeps no secret
