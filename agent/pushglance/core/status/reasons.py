"""Why a change waits: its reason, the pushes left, its worth against the price, and when it is shown at the latest."""

from pushglance.core.push.pause import ENDLESS
from pushglance.core.words import WAIT_TEXTS, duration_text

from .push_health import failure_reason, instant_text, next_try

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.push.alerts import AlertSender
    from pushglance.core.push.watch import Watch


def explain_wait(watch: "Watch", now_ms: int) -> str:
    """Return why a change waits to be shown on `watch`, or "" if none waits."""
    if not watch.pending or watch.why == "" or watch.in_flight is not None:
        return ""
    if watch.why == "paused":
        left_ms = watch.pause.left_ms(now_ms)
        return (
            "paused until it is ended"
            if left_ms == ENDLESS
            else "paused until " + instant_text(watch.wall, now_ms, left_ms)
        )
    if watch.why in ("backing off", "parked"):
        return _explain_failure(watch, now_ms, watch.next_ms)
    parts = [WAIT_TEXTS.get(watch.why, watch.why), _left(watch, now_ms)]
    failure = failure_reason(watch)
    if failure:
        parts.append("the last push failed: " + failure)
    worth = _worth(watch)
    if worth:
        parts.append(worth)
    latest_ms = _latest_ms(watch)
    if latest_ms is not None:
        parts.append("at the latest " + instant_text(watch.wall, now_ms, latest_ms - now_ms))
    return "; ".join(parts)


def explain_alerts(alerts: "AlertSender", now_ms: int) -> str:
    """Return why a message that is due waits, or ""."""
    if not alerts.due or alerts.in_flight is not None:
        return ""
    return "%s: %s" % (", ".join(alerts.due), _explain_failure(alerts, now_ms, alerts.try_ms))


def _explain_failure(target: "Watch | AlertSender", now_ms: int, at_ms: "int | None") -> str:
    """Return "waits to try again: no connection ...; next try 14:05 (in 20 min)"."""
    reason = failure_reason(target)
    text = WAIT_TEXTS.get(target.why, target.why) + (": " + reason if reason else "")
    when = next_try(target, now_ms, at_ms)
    return text + "; " + when if when else text


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
        text += " until " + instant_text(watch.wall, now_ms, refill_times_ms[0] - now_ms)
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
