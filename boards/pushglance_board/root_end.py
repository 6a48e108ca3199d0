"""The end of the packed root certificates: a month before it, the title on each watch says until when to deploy.

The core composes glances by the Plan, so the board restarts once and changes the Plan that it reads. A new deploy
removes the file that marks this.
"""

import time
from asyncio import sleep

from micropython import const

from .clock import epoch_s

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pushglance.core.plan_types import Plan

    from .clock import BoardClock

_MARK = "root_ends.txt"
_MONTH_S = const(30 * 86_400)
_CHECK_S = const(60)


def show_root_end(plan: "Plan") -> bool:
    """Replace the titles of the Plan if the end is near; return whether it is."""
    try:
        open(_MARK).close()
    except OSError:
        return False
    day = time.gmtime(plan["board"]["root_until_s"] - epoch_s())
    parts = ["Deploy by %d-%02d-%02d" % (day[0], day[1], day[2])]  # type: list[object]
    for watch in plan["watches"]:
        fields = [field for field in watch["fields"] if field["name"] != "title"]
        watch["fields"] = [{"name": "title", "parts": parts}] + fields  # type: ignore[typeddict-item]  # noqa: RUF005 - no [*a] here
    return True


async def wait_for_root_end(until_s: int, clock: "BoardClock", reboot: "Callable[[str], None]") -> None:
    """Return never; a month before the end mark it and restart the board."""
    while not clock.is_trusted or clock.unix_s() < until_s - _MONTH_S:
        await sleep(_CHECK_S)
    with open(_MARK, "w"):
        pass
    reboot("the root certificate ends within 30 days; the watch shows that from now on")
