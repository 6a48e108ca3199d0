"""How old a value is, in steps that grow: what is shown stays true until the next step, and costs few pushes."""

_HOUR_MS = 3600 * 1000
_STEPS = (0, 1, 2, 3, 6, 12, 24)  # hours; then days


class Age:
    """The time since the last value: "<1 h", ">1 h", ">2 h", ">3 h", ">6 h", ">12 h", ">1 d", ">2 d" and so on."""

    def __init__(self) -> None:
        self._seen_ms = None  # type: int | None  # when the last value came in this process
        self._step = 0  # hours
        self.text = None  # type: str | None  # None: no value yet

    def seen(self, at_ms: int) -> bool:
        """Record a value; return whether that changes the text."""
        self._seen_ms, self._step = at_ms, 0
        return self._set_text()

    def deadline_ms(self) -> "int | None":
        """Return when the text changes next, or None."""
        return None if self._seen_ms is None else self._seen_ms + self._next_step() * _HOUR_MS

    def advance(self, now_ms: int) -> bool:
        """Advance to `now_ms`; return whether that changes the text."""
        while self._seen_ms is not None and now_ms >= self._seen_ms + self._next_step() * _HOUR_MS:
            self._step = self._next_step()
        return self._set_text()

    def _next_step(self) -> int:
        for step in _STEPS:
            if step > self._step:
                return step
        return self._step + 24

    def _set_text(self) -> bool:
        if self._seen_ms is None:
            return False
        before = self.text
        if self._step < 24:
            self.text = ">%d h" % self._step if self._step else "<1 h"
        else:
            self.text = ">%d d" % min(99, self._step // 24)
        return self.text != before
