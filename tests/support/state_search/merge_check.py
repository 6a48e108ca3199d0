"""Proof by example that merging is sound: two states with one key have the same future, one action further.

If that holds for all pairs, it holds for whole sequences. The search follows only the first state of each key; here the
other one is followed, too.
"""

import pickle

from . import actions
from .laws import LawBroken
from .merging import key
from .search import ROOTS, Expander


def successors(expander, pickled):
    """Return for each action the keys of the states after it, and after a crash at each of its commits."""
    names = expander.after(pickle.loads(pickled))  # noqa: S301 - our own
    return {name: _successor_keys(expander, pickled, name) for name in names}


def _successor_keys(expander, pickled, name):
    try:
        reached = expander.carry_out(pickled, name)
    except LawBroken as error:
        return str(error)
    for state in reached:
        state.watch.forget_old(state.true_ms)
    return [key(state) for state in reached]


def differences(source, depth, sample):
    """Return (pairs compared, descriptions of those that differ); every `sample`-th pair of different states counts."""
    expander = Expander(source)
    level = [pickle.dumps(expander.root(name), 5) for name in ROOTS]
    first = {}  # key -> the first state with it
    pairs, different = [], []
    for _ in range(depth):
        following = []
        for pickled in level:
            for name in expander.after(pickle.loads(pickled)):  # noqa: S301 - our own
                for state in expander.carry_out(pickled, name):
                    digest, after = key(state), pickle.dumps(state, 5)
                    if digest not in first:
                        first[digest] = after
                        following.append(after)
                    elif first[digest] != after:
                        pairs.append((first[digest], after))
        level = following
    compared = pairs[::sample]
    for one, other in compared:
        one_future, other_future = successors(expander, one), successors(expander, other)
        different += [name for name in actions.NAMES if one_future.get(name) != other_future.get(name)]
    return len(compared), different
