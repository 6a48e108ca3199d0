"""The alphabet: everything that may happen next, coarse enough that every sequence can be tried.

`after(state)` returns the names of the actions that are possible, and `carry_out` does one. A crash at any commit of an
action is a possible result of that action, too.
"""

from .limits import AHEAD_MS, BEHIND_MS, DAY, EPOCH_MS


def _flip(machine):
    machine.state.level = 1 - machine.state.level


def _edge(machine):
    _flip(machine)
    machine.feed_level(retained=0)


def _find_moved(machine):
    _flip(machine)
    machine.find_sensor()


def _pass_day(machine):
    """Let a day pass on which each push is delivered at once."""
    state = machine.state
    if state.decider is None:
        machine.wait(DAY)
        return
    end_ms = state.now_ms + DAY
    while (deadline_ms := state.decider.deadline_ms()) is not None and deadline_ms <= end_ms:
        machine.wait_for_deadline()
        if state.current is not None:
            machine.courier.finish("delivered")
    machine.wait(end_ms - state.now_ms)
    machine.step()


def _restart(machine):
    machine.stop_cleanly()
    machine.restart()


def _reload(machine):
    machine.stop_cleanly()
    machine.state.settings = 1 - machine.state.settings
    machine.restart()


_READABLE = {
    "edge": _edge,
    "replay": lambda machine: machine.feed_level(retained=1),
}
_OUTAGE = {"sensor lost": lambda machine: machine.lose_sensor()}
_UNREADABLE = {
    "sensor found": lambda machine: machine.find_sensor(),
    "sensor found, moved": _find_moved,
}
_RUNNING = {
    "deadline": lambda machine: machine.wait_for_deadline(),
    "clock set right": lambda machine: machine.set_clock(0),
    "crash": lambda machine: machine.state.forget_process(),
    "restart": _restart,
    "reload": _reload,
    "second copy": lambda machine: machine.start_second_copy(),
}
_DAY = {"day": _pass_day}
_WRONG_CLOCK = {
    "clock set behind": lambda machine: machine.set_clock(BEHIND_MS),
    "clock set ahead": lambda machine: machine.set_clock(AHEAD_MS),
}
_WITH_COURIER = {
    "delivered": lambda machine: machine.courier.finish("delivered"),
    "unknown, arrived": lambda machine: machine.courier.finish("unknown"),
    "unknown, lost": lambda machine: machine.courier.finish("unknown", arrives=False),
    "unsent": lambda machine: machine.courier.finish("unsent"),
    "quota": lambda machine: machine.courier.finish("throttled", "quota"),
    "refused": lambda machine: machine.courier.finish("refused"),
    "refused device": lambda machine: machine.courier.finish("refused", "device"),
    "retried": lambda machine: machine.courier.retry(),
    "answer lost": lambda machine: machine.courier.leave(arrives=True),
}
_LEFT = {
    "late: delivered": lambda machine: machine.courier.finish("delivered"),
    "late: unknown": lambda machine: machine.courier.finish("unknown"),
}
_DOWN = {
    "start": lambda machine: machine.restart(),
    "boot, clock past": lambda machine: machine.boot(-EPOCH_MS, is_trusted=False),
    "boot, clock future": lambda machine: machine.boot(AHEAD_MS, is_trusted=False),
    "boot, clock right": lambda machine: machine.boot(0, is_trusted=True),
    "edge while down": _flip,
    "day while down": _pass_day,
}
# A clock that counts as synchronised and is wrong when the agent looks first. An agent cannot know that, so these are
# not searched as a rule; a test shows that they would break a law.
_LYING = {
    "boot, lying clock ahead": lambda machine: machine.boot(AHEAD_MS, is_trusted=True),
    "boot, lying clock behind": lambda machine: machine.boot(BEHIND_MS, is_trusted=True),
}

# Before the first value of a topic only the store has the state; a pin is read at once.
_BROKER_AWAY = {"start, broker away": lambda machine: machine.restart(has_reading=False)}

_ACTIONS = (
    _READABLE
    | _OUTAGE
    | _UNREADABLE
    | _RUNNING
    | _DAY
    | _WRONG_CLOCK
    | _WITH_COURIER
    | _LEFT
    | _DOWN
    | _BROKER_AWAY
    | _LYING
)
NAMES = list(_ACTIONS)


def after(state, source, boots=(), *, has_outages=True):
    """Return the names of the possible actions, with a sensor of this source.

    `boots` are further ways to boot; without `has_outages` the sensor can always be read.
    """
    if state.decider is None:
        return [*_DOWN, *(_BROKER_AWAY if source == "mqtt" else ()), *boots]
    names = list(_RUNNING)
    names += _UNREADABLE if state.is_unknown else [*_READABLE, *(_OUTAGE if has_outages else ())]
    if state.has_seen_right_clock:
        names += _WRONG_CLOCK
    if state.current is None:
        names += _DAY
    else:
        names += _WITH_COURIER if state.current.left_ms is None else _LEFT
    return names


def carry_out(machine, name):
    """Carry out an action on the machine's state."""
    _ACTIONS[name](machine)
