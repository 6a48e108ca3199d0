"""The courier: one thread that posts pushes, one at a time, and puts their results into the event queue.

The library tenacity repeats an attempt that surely never left. Before each further attempt the courier asks the core
for the current glance (`PushRetrying`); the core answers with the same push id or cancels. So no attempt sends an old
state.
"""

import logging
import random
import threading

import tenacity

from pushglance.core.commands import CancelPush, PushGlance
from pushglance.core.events import UNKNOWN, UNSENT
from pushglance.core.pacing.budget import FLIGHT_MS
from pushglance.core.push.backoff import JITTER_FULL, backoff_ms
from pushglance.core.wire.push_delivery import ATTEMPTS, RETRY_BASE_MS, RETRY_CEILING_MS, PendingCommands
from pushglance.core.wire.pushover_answer import Answer
from pushglance.runtime.clock import monotonic_ms
from pushglance.runtime.interfaces import EventQueue, SendGuard
from pushglance.runtime.worker_progress import WorkerProgress

from .pushover import Pushover

log = logging.getLogger("pushglance")

REPLY_S = 30  # for the core's answer; the loop may be waiting for a slow SD card
SEND_WITHIN_MS = FLIGHT_MS - 60_000  # after FLIGHT_MS the core abandons a push and counts it as sent
_ATTEMPT_MARGIN_MS = 60_000  # the limits of an exchange are its own; this is for waiting, claims and a slow machine
STOP_S = 0.9  # together with the MQTT connection the daemon stops within two seconds


class _PushCancelled(Exception):  # noqa: N818 - not an error: the core cancelled the push
    """Leave the attempts of a push."""


class AllowAll:
    """Let every push leave: a hub that shares no watch needs only its own debits."""

    def authorize(self, _command: PushGlance) -> str:
        """Return "": no objection."""
        return ""

    def on_finished(self, _command: PushGlance, _answer: Answer) -> None:
        """Do nothing."""


class HttpCourier:
    """Accept commands from the loop and post them in its own thread."""

    def __init__(
        self, pushover: Pushover, users: dict[str, tuple[str, str]], queue: EventQueue, guard: SendGuard | None = None
    ) -> None:
        self._pushover = pushover
        self._guard = guard or AllowAll()
        self._users = users  # watch name -> (user key, device)
        self._queue = queue
        self._pending = PendingCommands()
        self._submitted: dict[str, tuple[int, int]] = {}  # watch name -> (newest push id, when it came first)
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="courier", daemon=True)
        self._progress = WorkerProgress("courier")
        self.workers = (self._progress,)

    def start(self) -> None:
        """Start to wait for commands."""
        self._thread.start()
        self._progress.follow(self._thread)

    def submit(self, command: PushGlance | CancelPush) -> None:
        """Accept a command; a newer one for the same watch replaces one that has not left."""
        with self._changed:
            if not self._pending.put(command):
                return
            if self._submitted.get(command.watch, (0, 0))[0] != command.push_id:
                self._submitted[command.watch] = command.push_id, monotonic_ms()
            self._changed.notify()

    def stop(self) -> None:
        """Stop within a second; the debit of a push whose answer is still missing stays."""
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
        self._progress.idle()
        with self._changed:
            self._changed.wait_for(lambda: not self._pending.is_empty() or self._stopping.is_set())
            return None if self._stopping.is_set() else self._pending.pop()

    def _deliver(self, command: PushGlance) -> None:
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda answer: answer.outcome == UNSENT and not answer.wait_ms),
            stop=tenacity.stop_after_attempt(ATTEMPTS) | tenacity.stop_when_event_set(self._stopping),
            wait=lambda state: backoff_ms(state.attempt_number, RETRY_BASE_MS, RETRY_CEILING_MS, _jitter()) / 1000,
            sleep=tenacity.sleep_using_event(self._stopping),
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        first: PushGlance | None = command

        def attempt() -> Answer:
            nonlocal first
            self._progress.busy(self._pushover.limit_ms + REPLY_S * 1000 + _ATTEMPT_MARGIN_MS)
            push, first = first or self._refreshed_push(command), None
            if push is None:
                return Answer(UNSENT, 0, "not tried again")
            return self._post(push)

        try:
            answer = attempts(attempt)
        except _PushCancelled:
            return
        with self._changed:
            ending = self._pending.finish(command, answer, monotonic_ms(), _jitter())
        self._queue.put(ending)

    def _post(self, command: PushGlance) -> Answer:
        user, device = self._users[command.watch]
        push_id, submitted_ms = self._submitted[command.watch]
        if push_id != command.push_id:
            return Answer(UNSENT, 0, "a newer push waits")
        send_before_ms = submitted_ms + SEND_WITHIN_MS
        try:
            answer = self._pushover.post(
                user, device, command.glance, send_before_ms, lambda: self._guard.authorize(command)
            )
        except Exception as error:  # noqa: BLE001 - if the thread died, every watch would wait for ever
            answer = Answer(UNKNOWN, 0, f"an error in pushglance: {type(error).__name__}")
        try:
            self._guard.on_finished(command, answer)
        except Exception:  # as above; the push counts until its result is known for sure
            log.exception("the result of a push could not be noted")
        return answer

    def _refreshed_push(self, command: PushGlance) -> PushGlance | None:
        """Ask the core for the current glance of a push that has not left; None when stopping or after REPLY_S.

        Raises _PushCancelled.
        """
        with self._changed:
            event = self._pending.start_refresh(command, monotonic_ms())
        self._queue.put(event)
        with self._changed:
            self._changed.wait_for(lambda: self._pending.has(command.watch) or self._stopping.is_set(), REPLY_S)
            reply = self._pending.pop_refreshed(command)
        if isinstance(reply, CancelPush):
            raise _PushCancelled
        return reply


def _jitter() -> int:
    return random.randrange(JITTER_FULL)  # noqa: S311 - spreads retries, protects no secret
