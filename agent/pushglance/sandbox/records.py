"""What the sandbox remembers of a request, as values that never change."""

from dataclasses import dataclass, field

FIELDS = ("title", "text", "subtext", "count", "percent")


@dataclass(frozen=True, slots=True)
class Arrival:
    """Hold one push that reached a watch, whether or not its answer reached the client."""

    at_ms: int
    user: str
    device: str  # as sent; "" is every device of the user
    fields: dict[str, str]  # only those that were sent; "" cleared the field
    has_changed: bool  # the screen looks different now
    was_shown: bool  # False: past the limit, the watch ignored it
    spent: int  # arrivals in the 24 hours that end with this one
    request_id: str


@dataclass(frozen=True, slots=True)
class Message:
    """Hold one ordinary message that reached a user's devices."""

    at_ms: int
    user: str
    device: str  # as sent; "" is every device of the user
    text: str
    title: str
    priority: int  # -2 (no alert) to 2 (until somebody acknowledges it)
    request_id: str


@dataclass(frozen=True, slots=True)
class Request:
    """Hold one request under `/1/` and how it was answered, refused and failed ones included."""

    at_ms: int
    path: str
    connection: int  # which TCP connection, counted from 1
    parameters: dict[str, str] = field(repr=False)  # as sent, secrets included
    headers: dict[str, str] = field(repr=False)  # names in lower case
    status: int  # 0: never answered
    errors: tuple[str, ...]
    fault: str  # the kind, or "" when it was answered as the real service would
    arrival: Arrival | None


def shorten(secret: str) -> str:
    """Return the first characters of a token or user key: enough to tell two apart, too little to use."""
    return f"{secret[:4]}…" if secret else ""
