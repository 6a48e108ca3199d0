"""Texts: the last one, as it was received, or the time of day that it names."""

from pushglance.core.wall_clock import clock_text, date_time_text

from .gauge import LastValue
from .sensor import BASELINE, NOTHING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan
    from pushglance.core.wall_clock import WallClock


class Text(LastValue):
    """A short text."""

    def __init__(self, plan: "SensorPlan", wall: "WallClock") -> None:
        super().__init__(plan)
        self._length = plan["length"]
        self._wall = wall
        self._has_time = False  # its payload is shown as a time of day

    def _read(self, text: str) -> str:
        return text[: self._length]

    def text(self, attribute: str) -> "str | None":
        """Return the text, or the local time that it names ("time", "time_day")."""
        text = super().text(attribute)
        if attribute not in ("time", "time_day") or text is None or self.measure() is None:
            return text
        from .transforms.time_text import local_time_s  # noqa: PLC0415 - boards import only what their Plan needs

        self._has_time = True
        local_s = local_time_s(self.value, self._wall)
        return clock_text(local_s) if attribute == "time" else date_time_text(local_s)

    def clock_set(self, wall: "WallClock") -> int:
        """Let a shown time follow the clock and the time zone."""
        return BASELINE if self._has_time else NOTHING
