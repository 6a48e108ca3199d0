"""Why a change waits and when it is shown, in words that need no explanation; its price and worth on request."""

from pushglance.core.push.pause import ENDLESS
from pushglance.core.words import WAIT_TEXTS, duration_text

from .push_health import failure_reason, instant_text, next_try, plain_instant_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.push.alerts import AlertSender
    from pushglance.core.push.watch import Watch


def explain_wait(watch: "Watch", now_ms: int) -> str:
    """Return when a change is shown on `watch`, why not now and how many pushes are left; "" if none waits."""
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
    reason, left = WAIT_TEXTS.get(watch.why, watch.why), _left(watch, now_ms)
    when = _when(watch, now_ms)
    if not when:
        text = "%s; %s" % (reason, left)
    elif watch.why == "price":
        text = "%s: %s" % (when, left)
    else:
        text = "%s: %s; %s" % (when, reason, left)
    failure = failure_reason(watch)
    return text + "; the last push failed: " + failure if failure else text


def explain_price(watch: "Watch", now_ms: int) -> str:
    """Return what the change is worth, what a push costs now, and when the next one comes back; "" without a price."""
    pacing = watch.pacing
    if not watch.pending or pacing.price_ms is None or pacing.worth_ms is None:
        return ""
    changes = pacing.changes()
    names = ", ".join([_change(name, shown, true) for name, shown, true in changes]) or "what waits"
    worth = "%s %s worth %s" % (names, "are" if len(changes) > 1 else "is", duration_text(pacing.worth_ms))
    text = "%s of a right watch, a push now costs %s" % (worth, duration_text(pacing.price_ms))
    refill_times_ms = watch.budget.refill_times_ms(now_ms)
    if refill_times_ms:
        text += "; the next push comes back " + instant_text(watch.wall, now_ms, refill_times_ms[0] - now_ms)
    return text


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


def latest_ms(watch: "Watch") -> "int | None":
    """Return when the change is shown at the latest: the pacing's limit, or later if something else delays it."""
    limit_ms = watch.pacing.latest_ms
    if watch.next_ms is None or limit_ms is None:
        return watch.next_ms
    return max(limit_ms, watch.next_ms)


def _when(watch: "Watch", now_ms: int) -> str:
    """Return when the change is shown at the latest, and at the earliest if that is known; both in the same unit."""
    by_ms = latest_ms(watch)
    if by_ms is None or watch.next_ms is None:
        return ""
    latest = plain_instant_text(watch.wall, now_ms, by_ms - now_ms)
    if watch.why == "price":  # its worth grows, so `next_ms` is only when it is compared again
        return "shown at the latest %s, perhaps sooner" % latest
    earliest = plain_instant_text(watch.wall, now_ms, watch.next_ms - now_ms)
    if earliest == latest:
        return "shown at the latest " + latest
    return "shown between %s and %s" % (earliest, latest)


def _left(watch: "Watch", now_ms: int) -> str:
    return "%d of %d pushes left" % (watch.budget.left(now_ms), watch.budget.capacity)


def _change(name: str, shown: "int | str | None", true: "int | str | None") -> str:
    """Return "visitors +2", or the name alone for a reading that is not a number."""
    if not isinstance(shown, int) or not isinstance(true, int):
        return name
    return "%s %s%d" % (name, "+" if true > shown else "", true - shown)
