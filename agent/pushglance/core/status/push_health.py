"""The health of a watch or of the alerts: what failed or was refused, and when it is tried again."""

from pushglance.core.causes import QUOTA
from pushglance.core.events import DELIVERED
from pushglance.core.wall_clock import UNKNOWN_MS, clock_text, date_time_text
from pushglance.core.words import duration_text

from .failure_texts import failure_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.push.life_cycle import PushTarget
    from pushglance.core.wall_clock import WallClock

_WITH_DAY_MS = 20 * 3_600_000  # from then on an hour of the day alone would be read as one that comes sooner


def push_health(target: "PushTarget", now_ms: int) -> "dict[str, Any]":
    """Return the last failure, the refusal that stands, and Pushover's remark on the last delivered push."""
    last, refusal = target.last, target.refusal
    has_failed = last is not None and last.outcome != DELIVERED
    return {
        "parked": target.parked,
        "refusal": None
        if refusal is None
        else {
            "cause": refusal.cause,
            "left_out": refusal.refused_values(),
            "next_try_in_ms": refusal.left_ms(now_ms),
        },
        "failure": failure_text(last.cause, last.detail) if has_failed and last is not None else "",
        "failed_cause": last.cause if has_failed and last is not None else "",
        "remark": last.detail if last is not None and last.outcome == DELIVERED and last.cause else "",
    }


def failure_reason(target: "PushTarget") -> str:
    """Return what is refused, or why the last push failed; "" if nothing has failed."""
    if target.why == "parked" and target.refusal is not None:
        return "Pushover refused: " + target.refusal.detail
    last = target.last
    if last is None or last.outcome == DELIVERED:
        return ""
    return failure_text(last.cause, last.detail)


def next_try(target: "PushTarget", now_ms: int, at_ms: "int | None") -> str:
    """Return when what failed is tried again; a wait by a clock that is not trusted yet is named as such."""
    if at_ms is None:
        return ""
    text = "next try " + instant_text(target.wall, now_ms, at_ms - now_ms)
    if target.last is not None and target.last.cause == QUOTA and not target.wall.is_trusted:
        text += ", counted from Pushover's clock"
    return text


def instant_text(wall: "WallClock", now_ms: int, in_ms: int) -> str:
    """Return "14:05 (in 20 min)", or "20 min from now" while the wall clock is not trusted."""
    text = plain_instant_text(wall, now_ms, in_ms)
    return text if wall.local_s(now_ms) == UNKNOWN_MS else "%s (in %s)" % (text, duration_text(max(0, in_ms)))


def plain_instant_text(wall: "WallClock", now_ms: int, in_ms: int) -> str:
    """Return "14:05", or "20 min from now" while the wall clock is not trusted."""
    local_s = wall.local_s(now_ms + in_ms)
    if local_s == UNKNOWN_MS:
        return duration_text(max(0, in_ms)) + " from now"
    return clock_text(local_s) if in_ms < _WITH_DAY_MS else date_time_text(local_s)
