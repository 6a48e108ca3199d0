"""Build the Memory for the core from the rows of the store."""

import json
from typing import TYPE_CHECKING, Any

from pushglance.core.wall_clock import UNKNOWN_MS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pushglance.core.plan_types import PushTargetPlan

    from .checksum import Rows


def build_memory(rows: "Rows", watches: "Mapping[str, PushTargetPlan]", boot: str) -> dict[str, Any]:
    """Return the Memory for `Decider`, except `opened_ms`; instants of other boots than `boot` are -1."""
    saved_id = rows["push_id"][0][0] if rows["push_id"] else 0
    return {
        "push_id": max(saved_id, *[debit[0] for debit in rows["debits"]], 0),
        "sensors": {name: json.loads(state) for name, state in rows["sensors"]},
        "watches": {name: _watch_memory(rows, watch, boot) for name, watch in watches.items()},
        "learnt": {name: json.loads(state) for name, state in rows["models"]},
    }


def _watch_memory(rows: "Rows", watch: "PushTargetPlan", boot: str) -> dict[str, Any]:
    account, device = watch["account"], watch["device"]
    shown, parked, fingerprint = _row_of(rows["watches"], account, device) or ("{}", "", "")
    pause = _row_of(rows["pauses"], account, device)
    return {
        "debits": [
            [push_id, _instant(until_ms, of_boot, boot), until_wall_ms]
            for push_id, of_account, of_device, of_boot, until_ms, until_wall_ms in rows["debits"]
            if of_account == account and _is_shared(of_device, device)
        ],
        "shown": json.loads(shown),
        "refusal": _read_refusal(parked, boot),
        "fingerprint": fingerprint,
        "pause": {"for_ms": pause[1], "until_ms": _instant(pause[2], pause[0], boot), "until_wall_ms": pause[3]}
        if pause
        else {},
    }


def _is_shared(one: str, other: str) -> bool:
    """Return whether pushes to one device count for the other: it is the same, or one means all devices of a user."""
    return not one or not other or one.lower() == other.lower()


def _instant(until_ms: int, of_boot: str, boot: str) -> int:
    return until_ms if of_boot == boot else UNKNOWN_MS


def _row_of(rows: list[tuple[Any, ...]], account: str, device: str) -> tuple[Any, ...] | None:
    return next((row[2:] for row in rows if row[:2] == (account, device)), None)


def _read_refusal(text: str, boot: str) -> dict[str, Any]:
    """Return a refusal; older versions saved a sentence, and one try shows whether that still stands."""
    if not text.startswith("{"):
        return {}
    refusal: dict[str, Any] = json.loads(text)
    refusal["until_ms"] = _instant(refusal["until_ms"], refusal.pop("boot"), boot)
    return refusal
