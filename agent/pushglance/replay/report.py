"""Format the result of a replay: a few lines of text for people, JSON lines for programs."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from .evaluation import Evaluation
from .run import Replay
from .simulator import DeliveredPush
from .trace import CONTACT


def json_lines(replay: Replay) -> Iterator[str]:
    """Yield one line per push, then one with the summary."""
    for push in replay.result.pushes:
        yield json.dumps(_push(push), ensure_ascii=False)
    yield json.dumps({"summary": summary(replay)}, ensure_ascii=False)


def _push(push: DeliveredPush) -> dict[str, Any]:
    return {"at": unix_time(push.at_ms), "watch": push.watch, "fields": push.fields}


def unix_time(at_ms: int) -> int | float:
    """Return unix milliseconds as seconds, whole seconds as an int."""
    return at_ms // 1000 if at_ms % 1000 == 0 else at_ms / 1000


def summary(replay: Replay) -> dict[str, Any]:
    """Return the summary of all watches together and of each one."""
    return {
        "from": unix_time(replay.start_ms),
        "to": unix_time(replay.end_ms),
        "days": len(replay.midnights_ms) - 1,
        "pushes": len(replay.result.pushes),
        "unsent": replay.result.unsent,
        "most_in_24h": max((evaluation.most_in_24h for evaluation in replay.evaluations), default=0),
        "events": replay.result.events,
        "events_per_second": round(replay.events_per_s),
        "watches": {evaluation.watch: _watch_summary(evaluation) for evaluation in replay.evaluations},
    }


def _watch_summary(evaluation: Evaluation) -> dict[str, Any]:
    delays = evaluation.delays
    worst, p95 = _excess(evaluation)
    return {
        "pushes": len(evaluation.push_ms),
        "most_in_24h": evaluation.most_in_24h,
        "wrong_share": {name: round(share, 6) for name, share in evaluation.wrong_share.items()},
        "urgent_delay_s": None
        if delays is None
        else {
            "changes": delays.changes,
            "undone": delays.undone,
            "median": round(delays.median_s, 3),
            "p95": round(delays.p95_s, 3),
            "worst": round(delays.worst_s, 3),
        },
        "early_share": round(evaluation.early_share, 4),
        "longest_wrong_s": round(evaluation.longest_wrong_s, 3),
        "excess": {"worst_day": round(worst, 4), "p95_of_days": round(p95, 4)},
        "cost": round(float(evaluation.cost.sum()), 3),
        "optimum": round(float(evaluation.optimum.sum()), 3),
        "rolling_bound": round(evaluation.bound, 3),
        "score": round(evaluation.score, 4),
        "rolling_score": round(evaluation.rolling_score, 4),
    }


def _excess(evaluation: Evaluation) -> tuple[float, float]:
    """Return the excess of the worst day, and the 95th percentile of days."""
    return float(evaluation.excess.max()), float(np.percentile(evaluation.excess, 95))


def text_lines(evaluation: Evaluation) -> Iterator[str]:
    """Yield the lines about one watch."""
    pushes = _number(len(evaluation.push_ms))
    yield f"{evaluation.watch}: {pushes} pushes, at most {evaluation.most_in_24h} in any 24 hours"
    if evaluation.spacing_ms:
        early, spacing = 100 * evaluation.early_share, duration(evaluation.spacing_ms / 1000)
        yield f"  early      {early:.0f} % of the pushes came sooner than the spacing ({spacing})"
    shares = ", ".join(f"{name} {100 * share:.2f} %" for name, share in evaluation.wrong_share.items())
    yield f"  wrong      {shares} of the time"
    if any(sensor.kind == CONTACT for sensor in evaluation.trace.sensors):
        yield f"             {duration(evaluation.longest_wrong_s)} at most for a contact or text without a break"
    delays = evaluation.delays
    if delays is not None and delays.changes:
        yield f"  urgent     {_number(delays.changes)} changes, {_number(delays.undone)} of them undone before a push"
        median, p95, worst = (duration(seconds) for seconds in (delays.median_s, delays.p95_s, delays.worst_s))
        yield f"             right again after {median} (median), {p95} (p95), {worst} (worst)"
    elif delays is not None:
        yield "  urgent     no urgent change made the screen wrong"
    yield (
        f"  cost       {evaluation.score:.2f} times the best possible per calendar day, "
        f"{evaluation.rolling_score:.2f} times a lower bound for any 24 hours (1 is perfect)"
    )
    worst_excess, p95_excess = _excess(evaluation)
    yield (
        f"  worst day  {worst_excess:.2f} times the simple policy that was best that day, with ten minutes added to "
        f"both; 95 % of the days at most {p95_excess:.2f}"
    )


def duration(seconds: float) -> str:
    """Return "0 s", "42 s", "3 min 20 s", "2 h 5 min" or "3 d 4 h"."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    for size, unit, part, smaller in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            remainder = whole % size // part
            return f"{whole // size} {unit}" + (f" {remainder} {smaller}" if remainder else "")
    raise AssertionError(seconds)


def _number(count: int) -> str:
    return f"{count:,}".replace(",", " ")
