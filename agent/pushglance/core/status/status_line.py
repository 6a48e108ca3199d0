"""The whole state in one line, for a log or the console of a board."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.decider import Decider


def status_line(decider: "Decider", now_ms: int) -> str:
    """Return one line about all watches: what is shown and how many pushes are left."""
    parts = []
    for watch in decider.watches:
        fields = [str(watch.shown[name]) for name in ("title", "text", "subtext", "count") if watch.shown.get(name)]
        shown = " | ".join(fields) if fields else "nothing yet"
        left = "%d of %d pushes left" % (watch.budget.left(now_ms), watch.budget.capacity)
        parked = "; parked: " + watch.parked if watch.parked else ""
        standby = "; " + watch.standby_reason if watch.standby_reason else ""
        parts.append(watch.name + " shows " + shown + ", " + left + parked + standby)
    return "; ".join(parts)
