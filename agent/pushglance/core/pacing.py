"""When to spend a push. This is the narrow door: a watch asks `push_at_ms` and nothing else.

The plain rule: what is urgent goes at once while pushes are plenty and waits longer as they run low, up to the spacing;
everything else waits for company, for the spacing, and never takes the last fifth when something urgent may come.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .budget import Budget

COMPANY_MS = 2000  # what is not urgent waits this long for other changes to ride with it


class SpacingPacing:
    """Pace one watch by a wanted gap between pushes."""

    def __init__(self, spacing_ms: int, has_urgent: bool, capacity: int) -> None:
        self._spacing_ms = spacing_ms
        self._reserve = capacity // 5 if has_urgent else 0

    def push_at_ms(
        self, now_ms: int, since_ms: int, is_urgent: bool, last_ms: "int | None", budget: "Budget"
    ) -> "tuple[int | None, str]":
        """Return the instant for a push and what it waits for, or (None, why) if there is none ever.

        `since_ms` is when the screen began to differ, `last_ms` the last push (None: none known).
        """
        if is_urgent:
            # Half the budget left: 37 s of a 20 min spacing. Nearly full: a second. Nearly empty: all of it.
            gap_ms = self._spacing_ms >> (budget.left(now_ms) * 10 // max(1, budget.capacity))
            wanted_ms, keep = now_ms, 0
        else:
            gap_ms = self._spacing_ms
            wanted_ms, keep = since_ms + COMPANY_MS, self._reserve
        free_ms = budget.free_at_ms(now_ms, keep)
        if free_ms is None:
            return None, "budget"
        spaced_ms = now_ms if last_ms is None else last_ms + gap_ms
        if free_ms > max(wanted_ms, spaced_ms):
            return free_ms, "budget"
        return max(wanted_ms, spaced_ms), "spacing" if spaced_ms > wanted_ms else "company"
