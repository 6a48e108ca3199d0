"""What a replay tells: a few lines for people, and JSON lines for programs."""

import json
from collections.abc import Iterator
from typing import Any

from .evaluation import Verdict
from .run import Replay
from .simulator import Pushed


def json_lines(replay: Replay) -> Iterator[str]:
    """Yield one line for each push, then one with the summary."""
    for push in replay.played.pushes:
        yield json.dumps(_push(push), ensure_ascii=False)
    yield json.dumps({"summary": summary(replay)}, ensure_ascii=False)


def _push(push: Pushed) -> dict[str, Any]:
    return {"at": unix_time(push.at_ms), "watch": push.watch, "fields": push.fields}


def unix_time(at_ms: int) -> int | float:
    """Return unix milliseconds as seconds, whole ones without a point."""
    return at_ms // 1000 if at_ms % 1000 == 0 else at_ms / 1000


def summary(replay: Replay) -> dict[str, Any]:
    """Return the summary: of all watches together, and of each."""
    return {
        "from": unix_time(replay.start_ms),
        "to": unix_time(replay.end_ms),
        "days": len(replay.midnights_ms) - 1,
        "pushes": len(replay.played.pushes),
        "unsent": replay.played.unsent,
        "most_in_24h": max((verdict.most_in_24h for verdict in replay.verdicts), default=0),
        "events": replay.played.events,
        "events_per_second": round(replay.events_per_s),
        "watches": {verdict.watch: _of_watch(verdict) for verdict in replay.verdicts},
    }


def _of_watch(verdict: Verdict) -> dict[str, Any]:
    delays = verdict.delays
    return {
        "pushes": len(verdict.push_ms),
        "most_in_24h": verdict.most_in_24h,
        "wrong_share": {name: round(share, 6) for name, share in verdict.wrong_share.items()},
        "urgent_delay_s": None
        if delays is None
        else {
            "changes": delays.changes,
            "undone": delays.undone,
            "median": round(delays.median_s, 3),
            "p95": round(delays.p95_s, 3),
            "worst": round(delays.worst_s, 3),
        },
        "cost": round(float(verdict.cost.sum()), 3),
        "optimum": round(float(verdict.optimum.sum()), 3),
        "rolling_bound": round(verdict.bound, 3),
        "score": round(verdict.score, 4),
        "rolling_score": round(verdict.rolling_score, 4),
    }


def sentences(verdict: Verdict) -> Iterator[str]:
    """Yield what a person wants to know of one watch."""
    yield f"{verdict.watch}: {_number(len(verdict.push_ms))} pushes, at most {verdict.most_in_24h} in any 24 hours"
    shares = ", ".join(f"{name} {100 * share:.2f} %" for name, share in verdict.wrong_share.items())
    yield f"  wrong      {shares} of the time"
    delays = verdict.delays
    if delays is not None and delays.changes:
        yield f"  urgent     {_number(delays.changes)} changes, {_number(delays.undone)} of them undone before a push"
        shown = (
            f"{duration(delays.median_s)} (median), {duration(delays.p95_s)} (p95), {duration(delays.worst_s)} (worst)"
        )
        yield f"             right again after {shown}"
    elif delays is not None:
        yield "  urgent     no change ever made the screen wrong"
    yield (
        f"  hindsight  {verdict.score:.2f} of the best possible on each calendar day, "
        f"{verdict.rolling_score:.2f} of a bound for any 24 hours (1 is perfect)"
    )


def duration(seconds: float) -> str:
    """Return "0 s", "42 s", "3 min 20 s", "2 h 5 min" or "3 d 4 h"."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    for size, unit, part, smaller in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    raise AssertionError(seconds)


def _number(count: int) -> str:
    return f"{count:,}".replace(",", " ")
