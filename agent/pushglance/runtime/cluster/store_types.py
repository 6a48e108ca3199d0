"""What the shared store is asked and what it answers."""

import json
from typing import Any, NamedTuple

KEY_PREFIX = "pushglance:"


class StoreUnavailable(Exception):  # noqa: N818 - a state, named like StopIteration
    """The shared store cannot be used now; the message is a clause that says why."""


class SharedWatch(NamedTuple):
    """One watch as the store knows it: without its name and without the key of its user."""

    account: str  # hash of the user key
    device: str  # hash of the device's name; "*" is every device of the user

    @property
    def record(self) -> str:
        """Return the store's key of its record."""
        return f"{KEY_PREFIX}watch:{self.account}:{self.device}"

    @property
    def ledger(self) -> str:
        """Return the store's key of the debits of its account."""
        return f"{KEY_PREFIX}ledger:{self.account}"


class StoreVersion(NamedTuple):
    """How much a hub has seen of the store; a store that is behind it has lost data."""

    epoch: str  # "" for a hub that has never used it
    seq: int  # claims of all hubs together
    chain: str = ""  # hash of all these claims, one by one; "" if unknown


class Heartbeat(NamedTuple):
    """The store's answer to a heartbeat."""

    is_alive: bool
    has_lost: bool  # the store is behind the version that this hub remembers
    version: StoreVersion
    hubs: dict[str, str]  # session -> encoded Hub
    doubts: list[tuple[str, list[str]]]  # (record, fields of which it is unknown what they show)
    clock_ms: int


def encode_refusal(detail: str, cause: str, sent: dict[str, str], for_ms: int, until_ms: int) -> str:
    """Return a refusal as a text for the store; it stands until `until_ms` of the store's clock."""
    return json.dumps({"detail": detail, "cause": cause, "sent": sent, "for_ms": for_ms, "until_ms": until_ms})


def decode_refusal(text: str, ahead_ms: int) -> dict[str, Any]:
    """Return the state of a refusal, {} for none; the store's clock is `ahead_ms` ahead of the monotonic one."""
    try:
        refusal: dict[str, Any] = json.loads(text) if text else {}
        return {**refusal, "until_ms": refusal["until_ms"] - ahead_ms, "until_wall_ms": -1} if refusal else {}
    except (ValueError, TypeError, KeyError):  # an older hub wrote a sentence: one try shows whether it still stands
        return {}


class Lease(NamedTuple):
    """The right to push to a watch, with what a hub must know for it; durations in ms from now."""

    number: int
    debits: list[tuple[str, int]]  # (member, how long it still counts)
    shown: dict[str, str | None]
    parked: str  # see `encode_refusal`
    fingerprint: str
    spent_ms: int  # how long the whole budget counts as spent, because the store had lost data
    restored: int  # own debits that the store had lost and has again


class Settlement(NamedTuple):
    """How a claimed push ended."""

    watch: SharedWatch
    session: str
    lease: int
    member: str  # its debit in the ledger, a sorted set: "device/hub/push id/session"
    outcome: str
    parked: str  # see `encode_refusal`; "": no refusal, "-": unchanged
    fingerprint: str
    sent: dict[str, str]
