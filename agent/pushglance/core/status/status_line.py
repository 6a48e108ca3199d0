"""The whole state in one line, for a log or a board's console."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.decider import Decider


def sentence(decider: "Decider", now_ms: int) -> str:
    """Return one line about all watches: what is shown and how many pushes are left."""
    parts = []
    for watch in decider.watches:
        fields = [str(watch.shown[name]) for name in ("title", "text", "subtext", "count") if watch.shown.get(name)]
        shown = " | ".join(fields) if fields else "nothing yet"
        waits = "; parked: " + watch.parked if watch.parked else ""
        waits += "; " + watch.elsewhere if watch.elsewhere else ""
        left = "%d of %d pushes left" % (watch.budget.left(now_ms), watch.budget.capacity)
        parts.append(watch.name + " shows " + shown + ", " + left + waits)
    return "; ".join(parts)
