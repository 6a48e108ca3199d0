"""The clock: set from the network, and not of another age. TLS, days and budget across a boot depend on it."""

import time
from collections.abc import Iterator

from pushglance.doctor.check_result import OK, WARNING, WRONG, CheckContext, CheckResult
from pushglance.runtime.clock import EARLIEST_MS, is_synchronised, wall_ms


def check_clock(patient: CheckContext) -> Iterator[CheckResult]:
    """Look at the date, and whether the kernel says that the clock is synchronised."""
    now = time.strftime("%Y-%m-%d %H:%M %Z", time.localtime(wall_ms() / 1000))
    if wall_ms() < EARLIEST_MS:
        detail = f"it says {now}, which is before pushglance was made: certificates are refused, the budget stays spent"
        yield CheckResult("clock", WRONG, detail, "timedatectl set-ntp true; and let the network reach a time server")
    elif is_synchronised():
        yield CheckResult("clock", OK, f"it is set from the network: {now}")
    elif patient.plan is not None and patient.plan["clock"] == "always":
        yield CheckResult("clock", OK, f'the settings vouch for it (trust = "always"): {now}')
    else:
        detail = f"it was not set from the network since the start ({now}): debits of before the boot do not come back"
        yield CheckResult(
            "clock", WARNING, detail, 'timedatectl set-ntp true; with a clock chip write trust = "always"'
        )
