"""Events of hubs that share a watch: which of them pushes, and what is shown.

Boards never get them, so they do not load this module.
"""

from .events import LeaseEvent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class LeaseAcquired(LeaseEvent):
    """This hub alone pushes to this shared watch, with lease `lease` (from 1) and the state that the hubs share."""

    fields = ("at_ms", "watch", "lease", "debits", "shown", "refusal")

    def __init__(self, at_ms: int, watch: str, lease: int, debits: "Any", shown: "Any", refusal: "Any" = None) -> None:
        self.at_ms = at_ms
        self.watch = watch
        self.lease = lease
        self.debits = debits  # [push_id, until_ms, -1] each
        self.shown = shown  # None: uncertain
        self.refusal = refusal or {}  # the state of the one that stands


class LeaseLost(LeaseEvent):
    """This hub does not push to this watch; `detail` says which hub does, or why none can."""

    fields = ("at_ms", "watch", "detail")

    def __init__(self, at_ms: int, watch: str, detail: str) -> None:
        self.at_ms = at_ms
        self.watch = watch
        self.detail = detail


class ShownUnknown(LeaseEvent):
    """A push of another hub ended late, so it is unknown what the fields `names` show."""

    fields = ("at_ms", "watch", "names")

    def __init__(self, at_ms: int, watch: str, names: "list[str]") -> None:
        self.at_ms = at_ms
        self.watch = watch
        self.names = names
