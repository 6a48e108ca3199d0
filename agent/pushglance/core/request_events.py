"""Events that a person causes, by a command, a topic or the page.

Boards never get them, so they do not load this module.
"""

from .events import RequestEvent


class PushRequested(RequestEvent):
    """A person asked for a push of what differs on this watch; with `is_all` also of the other fields.

    `request`, here and below, identifies the client that waits for the `Reply`; "" if none waits.
    """

    fields = ("at_ms", "watch", "is_all", "request")

    def __init__(self, at_ms: int, watch: str, is_all: int = 0, request: str = "") -> None:
        self.at_ms = at_ms
        self.watch = watch
        self.is_all = is_all
        self.request = request


class SendRequested(RequestEvent):
    """A person asked to show these fields on this watch once; the next push replaces them."""

    fields = ("at_ms", "watch", "glance", "request")

    def __init__(self, at_ms: int, watch: str, glance: "dict[str, str]", request: str = "") -> None:
        self.at_ms = at_ms
        self.watch = watch
        self.glance = glance
        self.request = request


class PauseSet(RequestEvent):
    """A person asked for no pushes to this watch for `for_ms` (-1: without an end; 0: end the pause)."""

    fields = ("at_ms", "watch", "for_ms", "request")

    def __init__(self, at_ms: int, watch: str, for_ms: int, request: str = "") -> None:
        self.at_ms = at_ms
        self.watch = watch
        self.for_ms = for_ms
        self.request = request


class TotalSet(RequestEvent):
    """A person set the total of a counter, as text; with `is_today` today's count changes by the same amount."""

    fields = ("at_ms", "sensor", "text", "request", "is_today")

    def __init__(self, at_ms: int, sensor: str, text: str, request: str = "", is_today: int = 0) -> None:
        self.at_ms = at_ms
        self.sensor = sensor
        self.text = text
        self.request = request
        self.is_today = is_today


class SettingsReloaded(RequestEvent):
    """A person had the settings read again: what failed or was refused may have been fixed, and is tried at once."""

    fields = ("at_ms",)

    def __init__(self, at_ms: int) -> None:
        self.at_ms = at_ms
