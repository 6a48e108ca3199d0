"""The search: every sequence of actions up to a depth, level by level, with states merged by content.

The search ends with the first level on which a law is broken, so the sequences that it reports are the shortest.
"""

import concurrent.futures
import gc
import itertools
import logging
import multiprocessing
import pickle
import time
import zlib
from dataclasses import dataclass, field

from . import actions
from .laws import LawBroken
from .limits import SLACK_MS
from .machine import Machine
from .merging import key
from .state import State

_CHUNK = 100  # states that a process expands at once
_QUIET_STEPS = 12  # of the core, until nothing changes any more


# Where sequences begin, and the actions that lead there from the first start of a new installation
_SPEND_ONE = ("deadline", "delivered")
ROOTS = {
    "a new installation": (),
    "one push delivered": _SPEND_ONE,
    "both pushes delivered": (*_SPEND_ONE, "edge", *_SPEND_ONE),
}


@dataclass
class Result:
    """What was found."""

    states: int = 0
    transitions: int = 0
    depth: int = 0  # up to which every sequence was tried
    seconds: float = 0.0
    broken: list = field(default_factory=list)  # (path, message) of the first level with a broken law
    levels: list = field(default_factory=list)  # new states of each level


class Expander:
    """Expand states in one process; remember the keys that it has reported."""

    def __init__(self, source, boots=(), *, has_outages=True):
        self.machine = Machine(source)
        self._boots = boots
        self._has_outages = has_outages
        self._reported = set()

    def root(self, name):
        """Return the state at one of the ROOTS."""
        state = State()
        self.machine.bind(state)
        self.machine.boot(0, is_trusted=True)
        for action in ROOTS[name]:
            assert action in self.after(state), action
            actions.carry_out(self.machine, action)
        return state

    def expand(self, chunk, *, is_last):
        """Return (transitions, successors, broken) of some states, each (path, packed state).

        A successor is (key, path, packed state); on the last level its state is left out.
        """
        transitions = 0
        successors: list[tuple] = []
        broken: list[tuple] = []
        for path, packed in chunk:
            pickled = zlib.decompress(packed)
            state = pickle.loads(pickled)  # noqa: S301 - our own
            for name in self.after(state):
                number = actions.NAMES.index(name)
                cut = -1
                try:
                    reached = self.carry_out(pickled, name)
                    transitions += len(reached)
                    for cut, after in enumerate(reached, start=-1):
                        self._report(after, (*path, (number, cut)), successors, is_last=is_last)
                except LawBroken as error:
                    broken.append(((*path, (number, cut)), str(error)))
        return transitions, successors, broken

    def after(self, state):
        """Return the names of the actions that are possible."""
        return actions.after(state, self.machine.source, self._boots, has_outages=self._has_outages)

    def carry_out(self, pickled, name):
        """Return the state after an action, then the states after a crash at each of its commits."""
        state = pickle.loads(pickled)  # noqa: S301 - our own
        self.machine.bind(state)
        actions.carry_out(self.machine, name)
        return [state, *(crashed for _, crashed in self.machine.crashed)]

    def _report(self, state, path, successors, *, is_last):
        state.watch.forget_old(state.true_ms)
        digest = key(state)
        if digest in self._reported:
            return
        self._reported.add(digest)
        successors.append((digest, path, None if is_last else _pack(state)))
        if state.decider is not None:
            self.check_quiet(state)

    def check_quiet(self, state):
        """Check that the watch soon shows the settled state if nothing happens any more; this changes the state."""
        self.machine.bind(state)
        latest_ms = state.watch.may_push_from_ms(state.true_ms) + SLACK_MS
        for _ in range(_QUIET_STEPS):
            if state.current is not None:
                self.machine.courier.finish("delivered")
            elif state.shown_text() in (None, state.watch.text):
                return
            elif not self.machine.wait_for_deadline():
                break
            if state.true_ms > latest_ms:
                late_ms = state.true_ms - latest_ms
                raise LawBroken(f"never wrong for long: in quiet the settled state comes {late_ms} ms too late")
        raise LawBroken(f"never wrong for long: the watch shows {state.watch.text!r}, and nothing waits")


def run(source, depth, processes=1, on_level=None, boots=(), *, has_outages=True, stops_early=False):
    """Search with a sensor of this `source` and further `boots`; `on_level(result)` is called after each level.

    `has_outages`: the sensor may become unreadable. `stops_early`: end with the first chunk that breaks a law, not
    after its level.
    """
    logging.disable(logging.CRITICAL)
    began_s = time.monotonic()
    roots = [(name, Expander(source).root(name)) for name in ROOTS]
    seen = {key(state) for _, state in roots}
    level = [((name,), _pack(state)) for name, state in roots]
    result = Result(states=len(seen), levels=[len(level)])
    with _Pool(processes, source, boots, has_outages) as pool:
        while level and result.depth < depth and not result.broken:
            is_last = result.depth + 1 == depth
            following = []
            for transitions, successors, broken in pool.expand(level, is_last):
                result.transitions += transitions
                result.broken += broken
                for digest, path, packed in successors:
                    if digest not in seen:
                        seen.add(digest)
                        following.append((path, packed))
                if broken and stops_early:
                    break
            level = following
            result.depth += 1
            result.states = len(seen)
            result.levels.append(len(following))
            result.seconds = time.monotonic() - began_s
            if on_level is not None:
                on_level(result)
    return result


def _pack(state):
    """Return a state as bytes: half of its pickle, because a whole level is held in memory."""
    return zlib.compress(pickle.dumps(state, 5), 1)


class _Pool:
    """Expand chunks in this process or in several; results come in the order of the chunks."""

    def __init__(self, processes, *arguments):
        self._arguments = arguments
        self._executor = None
        if processes > 1:
            context = multiprocessing.get_context("fork")
            self._executor = concurrent.futures.ProcessPoolExecutor(processes, context, _prepare, arguments)

    def __enter__(self):
        if self._executor is None:
            _prepare(*self._arguments)
        return self

    def __exit__(self, *_):
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)

    def expand(self, level, is_last):
        """Yield the results of each chunk."""
        chunks = [level[start : start + _CHUNK] for start in range(0, len(level), _CHUNK)]
        mapping = map if self._executor is None else self._executor.map
        yield from mapping(_expand, chunks, itertools.repeat(is_last))


_expander = None


def _prepare(source, boots, has_outages):
    global _expander  # noqa: PLW0603 - one for each process
    logging.disable(logging.CRITICAL)
    _expander = Expander(source, boots, has_outages=has_outages)


def _expand(chunk, is_last):
    gc.disable()  # the copies have no circles; a collection for every few of them would take a third of the time
    try:
        return _expander.expand(chunk, is_last=is_last)
    finally:
        gc.enable()


def describe(source, path):
    """Return a sequence of actions as text."""
    root, *steps = path
    expander = Expander(source)
    expander.root(root)
    texts = [f"from {root}"]
    for number, cut in steps:
        name = actions.NAMES[number]
        try:
            expander.machine.act(name, cut)
        except LawBroken:
            return [*texts, name]
        texts.append(name + (f", crash {expander.machine.where}" if cut >= 0 else ""))
    return texts
