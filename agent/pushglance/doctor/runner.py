"""Run all checks one after the other, each with a time limit, because the network or a library may hang."""

import queue
import threading
from collections.abc import Iterator, Sequence

from pushglance.errors import PushglanceError

from .check_result import WRONG, Check, CheckContext, CheckResult, sanitize
from .checks.broker import check_broker
from .checks.clock import check_clock
from .checks.cluster import check_shared_store
from .checks.inputs.files import check_files
from .checks.inputs.gpio_access import check_pins
from .checks.inputs.gpio_live import check_lines
from .checks.power import check_power
from .checks.pushover import check_pushover
from .checks.sd_card import check_card
from .checks.service import check_service
from .checks.store import check_store

LIMIT_S = 30.0  # more than a name server's time-out
CHECKS: tuple[tuple[str, Check], ...] = (
    ("service", check_service),
    ("store", check_store),
    ("card", check_card),
    ("power", check_power),
    ("clock", check_clock),
    ("pins", check_pins),
    ("lines", check_lines),
    ("files", check_files),
    ("broker", check_broker),
    ("cluster", check_shared_store),
    ("pushover", check_pushover),
)


def run_checks(
    context: CheckContext, checks: Sequence[tuple[str, Check]] = CHECKS, limit_s: float = LIMIT_S
) -> Iterator[CheckResult]:
    """Yield the results of all checks as they come; a check that gives no result for `limit_s` is abandoned."""
    for name, check in checks:
        for result in _run_with_limit(name, check, context, limit_s + context.pin_watch_s):
            yield sanitize(result, context.plan)


def _run_with_limit(name: str, check: Check, context: CheckContext, limit_s: float) -> Iterator[CheckResult]:
    results: queue.SimpleQueue[CheckResult | None] = queue.SimpleQueue()

    def run() -> None:
        try:
            for result in check(context):
                results.put(result)
        except PushglanceError as error:
            results.put(CheckResult(name, WRONG, str(error)))
        except Exception as error:  # noqa: BLE001 - a check that fails must not hide the results of the others
            results.put(CheckResult(name, WRONG, f"this check failed ({type(error).__name__}: {error})"))
        results.put(None)

    threading.Thread(target=run, name=name, daemon=True).start()
    while True:
        try:
            result = results.get(timeout=limit_s)
        except queue.Empty:
            yield CheckResult(name, WRONG, f"no answer within {limit_s:.0f} s", "check the network and the name server")
            return
        if result is None:
            return
        yield result
