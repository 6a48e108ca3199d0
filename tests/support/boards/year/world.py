"""The surroundings of the board in virtual time: moves and faults happen when the clock reaches them."""

import flash
import gc
import json
import machine
import time
from schedule import DAY, GATE, DOOR, METER, MINUTE, TANK_MS, Year

with open("world.json") as _file:
    story = json.load(_file)
year = Year(story["seed"], story["days"])
brokers = []  # open connections to the broker
is_deaf = [False]
figures = {"events": 0, "blocked_ms": 0, "pulses": 0}
_future = []  # what happens next, latest first
_active = {}  # name: the present fault


class End(SystemExit):
    """The program ends here, by a power cut or another reset."""


def emit(**line):
    """Print a line for the judge."""
    print(json.dumps(line))


def end(reason):
    """End the program at this instant."""
    report()
    emit(end=reason, at=time.now_ms())
    raise End(reason)


def report():
    """Print and reset the figures since the last report."""
    gc.collect()
    figures["writes"] = flash.writes[0]
    flash.writes[0] = 0
    emit(day=(time.now_ms() - 1) // DAY, at=time.now_ms(), heap=gc.mem_alloc(), **figures)
    for name in figures:
        figures[name] = 0


def fault(name):
    """Return the present fault of this name, None without one."""
    return _active.get(name)


def is_carrying():
    """Return whether the link carries data."""
    return not (is_deaf[0] or "router restart" in _active or "no WiFi" in _active or "no data" in _active)


def note_blocked(ms):
    """Note for how long one task has kept the others waiting."""
    figures["blocked_ms"] = max(figures["blocked_ms"], ms)


def retained(topic):
    """Return what the broker has retained for this topic."""
    now_ms = time.now_ms()
    if topic == "note":
        return year.note(now_ms)
    return year.tank(now_ms // DAY, now_ms % DAY // TANK_MS)


def next_ms():
    """Return the instant of what happens next."""
    return _future[-1][0]


def run_until(at_ms):
    """Let everything happen until this instant."""
    while _future and _future[-1][0] <= at_ms:
        instant, what, value = _future.pop()
        time.jump_to(instant)
        _happen(what, value)


def _happen(what, value):
    if what == "midnight":
        report()
        _plan_day(time.now_ms() // DAY)
    elif what in ("power", "hang", "deploy", "end"):
        end(what)
    elif what == "power at a write":
        flash.power_loss[0] = lambda: end("power")
    elif what == "deaf link":
        is_deaf[0] = True
    elif what in ("tank", "note"):
        if is_carrying() and not fault("no broker"):
            for broker in brokers:
                broker.send(what, value)
    elif what == "fault":
        _update_faults()
    else:
        figures["pulses"] += what == METER and value == 0
        machine.move(what, value)


def _update_faults():
    now_ms = time.now_ms()
    _active.clear()
    for fault in year.faults:
        if fault[0] <= now_ms < fault[1]:
            _active[fault[2]] = fault
    while "no broker" in _active and brokers:
        brokers.pop().forget()


def _plan_day(day):
    """Put into the future what happens on this day."""
    _update_faults()
    start_ms, end_ms = day * DAY, (day + 1) * DAY
    future = year.moves(day)
    future += [(end_ms, "midnight", 0), (year.end_ms, "end", 0)]
    future += [(at_ms, "deploy", 0) for at_ms in year.deploys_ms]
    for from_ms, until_ms, name, number in year.faults:
        if name in ("hang", "deaf link"):
            future.append((from_ms, name, 0))
        elif name == "power" and number % 2:
            future += [(from_ms, "power at a write", 0), (from_ms + 10 * MINUTE, "power", 0)]
        elif name == "power":
            future.append((from_ms, name, 0))
        else:
            future += [(from_ms, "fault", 0), (until_ms, "fault", 0)]  # polling tasks see that it begins and ends
    now_ms = time.now_ms()
    begin_ms = max(start_ms, now_ms + 1)
    for at_ms, what, value in future:
        if start_ms <= at_ms <= now_ms and isinstance(what, int):
            machine.move(what, value)  # the levels at this start
    _future[:] = sorted([one for one in future if begin_ms <= one[0] <= end_ms], key=lambda one: -one[0])


def begin():
    """Begin at the instant of this start."""
    time.jump_to(story["start_ms"])
    machine.reset = lambda: end("reset")
    machine.reset_cause = lambda: story["cause"]
    for pin in (DOOR, GATE):
        machine.levels[pin] = 0  # closed
    _plan_day(time.now_ms() // DAY)
    time.before_advance(run_until)
