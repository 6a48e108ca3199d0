"""Why a change waits, in one sentence: what it is worth, what a push costs, what is left, until when at the latest."""

from pushglance.core.push.pause import ENDLESS
from pushglance.core.wall_clock import UNKNOWN_MS, clock_text
from pushglance.core.words import WAIT_TEXTS, duration_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.push.watch import Watch


def because(watch: "Watch", now_ms: int) -> str:
    """Return why something waits to be shown on `watch`, or nothing if nothing waits."""
    if not watch.pending or watch.why == "" or watch.flight is not None:
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
    """Return until when it is shown at the latest: by the pacing, unless something else holds it longer."""
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
    names = ", ".join([_change(name, told, true) for name, told, true in changes]) or "what waits"
    worth = "%s %s worth %s" % (names, "are" if len(changes) > 1 else "is", duration_text(pacing.worth_ms))
    return worth + ", a push costs " + duration_text(pacing.price_ms)


def _change(name: str, told: "int | str | None", true: "int | str | None") -> str:
    """Return "visitors +2", or the name alone where there is no number to tell."""
    if not isinstance(told, int) or not isinstance(true, int):
        return name
    return "%s %s%d" % (name, "+" if true > told else "", true - told)


def _instant(watch: "Watch", now_ms: int, in_ms: int) -> str:
    """Return "14:05 (in 20 min)", or "20 min from now" while nobody knows the hour."""
    local_s = watch.wall.local_s(now_ms + in_ms)
    if local_s == UNKNOWN_MS:
        return duration_text(max(0, in_ms)) + " from now"
    return "%s (in %s)" % (clock_text(local_s), duration_text(max(0, in_ms)))
