"""The axis of the timelines: the last 24 hours, or less while the history is younger."""

import time
from typing import NamedTuple

from pushglance.runtime.storage.history_writer import DAY_MS

SPAN_MS = DAY_MS
SPAN_MIN_MS = 1_800_000  # an axis of some minutes would be all noise
WIDTH = 1440  # over 24 hours one unit is a minute
_LABELS_MAX = 5
_STEPS_MIN = (10, 15, 30, 60, 120, 180, 360)  # minutes between two labels
_HOUR_S = 3600


class Axis(NamedTuple):
    """From `start_ms` to `now_ms`, both wall times."""

    start_ms: int
    now_ms: int

    def x(self, at_ms: int) -> int:
        """Return the place of an instant, 0 to WIDTH."""
        return max(0, min(WIDTH, (at_ms - self.start_ms) * WIDTH // (self.now_ms - self.start_ms)))

    @property
    def title(self) -> str:
        """Return the words for the whole axis."""
        if self.now_ms - self.start_ms >= SPAN_MS:
            return "The last 24 hours"
        return f"Since {time.strftime('%H:%M', time.localtime(self.start_ms / 1000))}"

    def labels(self) -> list[tuple[float, str]]:
        """Return (share of the width in percent, "18:00") for some full hours or parts of them."""
        span_min = (self.now_ms - self.start_ms) // 60_000
        step_s = next((step for step in _STEPS_MIN if span_min <= step * _LABELS_MAX), _STEPS_MIN[-1]) * 60
        labels = []
        at_s = self.now_ms // 1000 // 60 * 60
        while at_s * 1000 >= self.start_ms:
            local = time.localtime(at_s)
            if (local.tm_hour * _HOUR_S + local.tm_min * 60) % step_s == 0:
                labels.append((round(self.x(at_s * 1000) * 100 / WIDTH, 2), f"{local.tm_hour:02d}:{local.tm_min:02d}"))
            at_s -= 5 * 60 if local.tm_min % 5 == 0 else 60
        return labels[::-1]


def axis_since(first_ms: int | None, now_ms: int) -> Axis:
    """Return the axis of a history that begins at `first_ms`; None: there is none yet."""
    begin_ms = now_ms if first_ms is None else first_ms
    return Axis(max(now_ms - SPAN_MS, min(begin_ms, now_ms - SPAN_MIN_MS)), now_ms)
