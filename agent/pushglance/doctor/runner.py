"""The examination: each check in turn, none for longer than its time, whatever the network or a library does."""

import queue
import threading
from collections.abc import Iterator, Sequence

from pushglance.errors import PushglanceError

from .check_result import WRONG, Check, CheckContext, CheckResult, plain
from .checks.broker import check_broker
from .checks.clock import check_clock
from .checks.cluster import check_shared
from .checks.gpio_access import check_pins
from .checks.gpio_live import check_lines
from .checks.power import check_power
from .checks.pushover import check_pushover
from .checks.sd_card import check_card
from .checks.service import check_service
from .checks.store import check_store

LIMIT_S = 30.0  # a name server that does not answer takes longer
CHECKS: tuple[tuple[str, Check], ...] = (
    ("service", check_service),
    ("store", check_store),
    ("card", check_card),
    ("power", check_power),
    ("clock", check_clock),
    ("pins", check_pins),
    ("lines", check_lines),
    ("broker", check_broker),
    ("cluster", check_shared),
    ("pushover", check_pushover),
)


def examine(
    patient: CheckContext, checks: Sequence[tuple[str, Check]] = CHECKS, limit_s: float = LIMIT_S
) -> Iterator[CheckResult]:
    """Yield the findings of all checks as they come; a check that takes longer than `limit_s` is left behind."""
    for name, check in checks:
        for finding in _bounded(name, check, patient, limit_s + patient.watch_s):
            yield plain(finding, patient.plan)


def _bounded(name: str, check: Check, patient: CheckContext, limit_s: float) -> Iterator[CheckResult]:
    found: queue.SimpleQueue[CheckResult | None] = queue.SimpleQueue()

    def run() -> None:
        try:
            for finding in check(patient):
                found.put(finding)
        except PushglanceError as error:
            found.put(CheckResult(name, WRONG, str(error)))
        except Exception as error:  # noqa: BLE001 - one check that fails must not hide the others
            found.put(CheckResult(name, WRONG, f"this could not be looked at ({type(error).__name__}: {error})"))
        found.put(None)

    threading.Thread(target=run, name=name, daemon=True).start()
    while True:
        try:
            finding = found.get(timeout=limit_s)
        except queue.Empty:
            yield CheckResult(
                name, WRONG, f"no answer within {limit_s:.0f} s", "look at the network and the name server"
            )
            return
        if finding is None:
            return
        yield finding
