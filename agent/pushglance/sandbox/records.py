"""Immutable records of what the sandbox received."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Arrival:
    """One push that reached a watch, even if its answer never reached the client."""

    at_ms: int
    user: str
    device: str  # as sent; "" means every device of the user
    fields: dict[str, str]  # only the fields that were sent; "" cleared the field
    has_changed: bool  # the push changed the screen
    was_shown: bool  # False: the limit was reached and the watch ignored the push
    spent: int  # arrivals that count on the watch, this one included
    request_id: str


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """One ordinary message that reached a user's devices."""

    at_ms: int
    user: str
    device: str  # as sent; "" means every device of the user
    text: str
    title: str
    priority: int  # -2 (no notification) to 2 (repeated until acknowledged)
    request_id: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request under `/1/` and its answer, including refused and failed requests."""

    at_ms: int
    path: str
    connection: int  # number of the TCP connection, counted from 1
    parameters: dict[str, str] = field(repr=False)  # as sent, including secrets
    headers: dict[str, str] = field(repr=False)  # names in lower case
    status: int  # 0: no answer was sent
    errors: tuple[str, ...]
    fault: str  # the kind of the injected fault, or ""
    arrival: Arrival | None


def shorten(secret: str) -> str:
    """Return the first four characters of a token or user key: enough to distinguish two keys, too few to use one."""
    return f"{secret[:4]}…" if secret else ""
