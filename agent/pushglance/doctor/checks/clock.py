"""Check the clock: synchronised with the network, and a plausible date. TLS and the budget across a reboot need it."""

import time
from collections.abc import Iterator

from pushglance.doctor.check_result import OK, WARNING, WRONG, CheckContext, CheckResult
from pushglance.runtime.clock import EARLIEST_MS, is_synchronised, wall_ms


def check_clock(context: CheckContext) -> Iterator[CheckResult]:
    """Check the date, and whether the kernel reports the clock as synchronised."""
    now = time.strftime("%Y-%m-%d %H:%M %Z", time.localtime(wall_ms() / 1000))
    if wall_ms() < EARLIEST_MS:
        message = (
            f"it shows {now}, which is older than pushglance: certificates are refused, no push returns to the budget"
        )
        hint = "timedatectl set-ntp true; and let the machine reach a time server"
        yield CheckResult("clock", WRONG, message, hint)
    elif is_synchronised():
        yield CheckResult("clock", OK, f"synchronised with the network: {now}")
    elif context.plan is not None and context.plan["clock"] == "always":
        yield CheckResult("clock", OK, f'not synchronised, but the settings trust it (trust = "always"): {now}')
    else:
        message = f"not synchronised since the boot ({now}): pushes from before the boot do not return to the budget"
        hint = 'timedatectl set-ntp true; with a hardware clock write trust = "always" under [clock]'
        yield CheckResult("clock", WARNING, message, hint)
