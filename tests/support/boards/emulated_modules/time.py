"""time of the board emulator: it advances only when every task sleeps. Ticks wrap where those of boards do."""

from utime import gmtime  # noqa: F401 - part of time

_PERIOD = 1 << 30  # of ticks_ms on a 32-bit port (MicroPython's documentation gives no number, its source does)
_HALF = _PERIOD // 2
_now = [0]
_before = []
_begin = [_PERIOD - 60_000]  # they wrap within the first minute


def now_ms():
    return _now[0]


def jump_to(at_ms):
    _now[0] = max(_now[0], at_ms)


def advance_to(at_ms):
    """Let time pass; what happens until then happens first."""
    if _before:
        _before[0](at_ms)
    jump_to(at_ms)


def before_advance(callback):
    """Call this with each instant that the clock is about to reach."""
    _before[:] = [callback]


def ticks_ms():
    return _now[0] + _begin[0] & _PERIOD - 1


def ticks_us():
    return _now[0] * 1000 & _PERIOD - 1


def ticks_add(ticks, delta):
    return ticks + delta & _PERIOD - 1


def ticks_diff(later, earlier):
    return (later - earlier + _HALF & _PERIOD - 1) - _HALF


def sleep_ms(ms):
    advance_to(_now[0] + ms)
