"""Why a change waits: its reason, the pushes left, its worth against the price, and when it is shown at the latest."""

from pushglance.core.push.pause import ENDLESS
from pushglance.core.wall_clock import UNKNOWN_MS, clock_text
from pushglance.core.words import WAIT_TEXTS, duration_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.push.watch import Watch


def explain_wait(watch: "Watch", now_ms: int) -> str:
    """Return why a change waits to be shown on `watch`, or "" if none waits."""
    if not watch.pending or watch.why == "" or watch.in_flight is not None:
        return ""
    if watch.why == "paused":
        left_ms = watch.pause.left_ms(now_ms)
        return "paused until it is ended" if left_ms == ENDLESS else "paused until " + _instant(watch, now_ms, left_ms)
    parts = [WAIT_TEXTS.get(watch.why, watch.why), _left(watch, now_ms)]
    worth = _worth(watch)
    if worth:
        parts.append(worth)
    latest_ms = _latest_ms(watch)
    if latest_ms is not None:
        parts.append("at the latest " + _instant(watch, now_ms, latest_ms - now_ms))
    return "; ".join(parts)


def _latest_ms(watch: "Watch") -> "int | None":
    """Return when the change is shown at the latest: the pacing's limit, or later if something else delays it."""
    latest_ms = watch.pacing.latest_ms
    if watch.next_ms is None or latest_ms is None:
        return watch.next_ms
    return max(latest_ms, watch.next_ms)


def _left(watch: "Watch", now_ms: int) -> str:
    left = watch.budget.left(now_ms)
    refill_times_ms = watch.budget.refill_times_ms(now_ms)
    text = "%d of %d pushes left" % (left, watch.budget.capacity)
    if refill_times_ms:
        text += " until " + _instant(watch, now_ms, refill_times_ms[0] - now_ms)
    return text


def _worth(watch: "Watch") -> str:
    pacing = watch.pacing
    if pacing.price_ms is None or pacing.worth_ms is None:
        return ""
    changes = pacing.changes()
    names = ", ".join([_change(name, shown, true) for name, shown, true in changes]) or "what waits"
    worth = "%s %s worth %s" % (names, "are" if len(changes) > 1 else "is", duration_text(pacing.worth_ms))
    return worth + ", a push costs " + duration_text(pacing.price_ms)


def _change(name: str, shown: "int | str | None", true: "int | str | None") -> str:
    """Return "visitors +2", or the name alone for a reading that is not a number."""
    if not isinstance(shown, int) or not isinstance(true, int):
        return name
    return "%s %s%d" % (name, "+" if true > shown else "", true - shown)


def _instant(watch: "Watch", now_ms: int, in_ms: int) -> str:
    """Return "14:05 (in 20 min)", or "20 min from now" while the wall clock is not trusted."""
    local_s = watch.wall.local_s(now_ms + in_ms)
    if local_s == UNKNOWN_MS:
        return duration_text(max(0, in_ms)) + " from now"
    return "%s (in %s)" % (clock_text(local_s), duration_text(max(0, in_ms)))
