"""Values relative to the present state: the rules of `merging`, which says why each of them is sound."""

from .limits import EPOCH_MS, SPACING_MS
from .state import WORDS

UNKNOWN_MS = -1
_MEANINGS = {word: (settings, level) for settings, words in enumerate(WORDS) for level, word in enumerate(words)}
_BATCH_MS = 2000  # a change that is not urgent waits this long for others


class Reference:
    """What instants, levels and ids of one state are relative to."""

    def __init__(self, state):
        self.now_ms = state.now_ms
        self.wall_ms = EPOCH_MS + state.true_ms
        self.level = state.level
        self.settings = state.settings
        self.ranks = {push_id: rank for rank, push_id in enumerate(sorted(_push_ids(state)))}


def _push_ids(state):
    ids = {state.rows.push_id, *state.rows.pushes, *state.watch.before, *state.watch.counts_until}
    ids.update(push.push_id for push in (state.current, state.waiting) if push is not None)
    if state.decider is not None:
        ids.add(state.decider._targets._push_id)
        for watch in state.decider.watches:
            ids.update(entry[0] for entry in watch.budget._entries)
            if watch.in_flight is not None:
                ids.add(watch.in_flight.push_id)
    return ids


def exact(value, reference):
    """Return the value."""
    return value


def instant(value, reference):
    """Return a monotonic instant relative to now."""
    return None if value is None else value - reference.now_ms


def future(value, reference):
    """Return the same; the past is one value."""
    return None if value is None else max(0, value - reference.now_ms)


def wall(value, reference):
    """Return a wall time relative to the true one."""
    return value if value == UNKNOWN_MS else value - reference.wall_ms


def ahead(value, reference):
    """Return a difference of wall and monotonic clock relative to the true difference."""
    return value if value == UNKNOWN_MS else value + reference.now_ms - reference.wall_ms


def rank(value, reference):
    """Return the rank of a push id."""
    return reference.ranks[value]


def is_known(value, reference):
    """Return whether an instant is known."""
    return value not in (None, UNKNOWN_MS)


def level(value, reference):
    """Return 0 for the level of the pin now, 1 for the other one."""
    return None if value is None else value ^ reference.level


def text(value, reference):
    """Return (are its words those of other settings, is it of the other level)."""
    if value in (None, "?"):
        return value
    settings, of_level = _MEANINGS[value]
    return settings ^ reference.settings, of_level ^ reference.level


def texts(value, reference):
    """Return the same for each field."""
    return None if value is None else [(name, text(each, reference)) for name, each in value.items()]


def refusals(value, reference):
    """Return cause and content of earlier refusals."""
    return [(cause, texts(content, reference)) for cause, content in value]


def last_end(value, reference):
    """Return how long the spacing after the last push still lasts: its end is used for nothing else."""
    return 0 if value is None else max(0, value + SPACING_MS - reference.now_ms)


def since(value, reference):
    """Return how long changes are still batched: the start of a wait is used for nothing else."""
    return None if value is None else max(0, value + _BATCH_MS - reference.now_ms)


def quota(value, reference):
    """Return when the pushes return that count for each sensor."""
    now_ms = reference.now_ms
    return [sorted(until_ms - now_ms for until_ms in times if until_ms > now_ms) for times in value.values()]


def timers(value, reference):
    """Return the queued timers."""
    return [(at_ms - reference.now_ms, key) for at_ms, key in value]


def debits(value, reference):
    """Return the debits of a budget."""
    return sorted(
        (rank(push_id, reference), until_ms - reference.now_ms, wall(until_wall_ms, reference))
        for push_id, until_ms, until_wall_ms in value
    )


def debits_of_boots(budget, reference):
    """Return which debits are uncredited and credited, and the latest return. Ids without a debit are not used."""
    ids = {entry[0] for entry in budget._entries}
    previous, credited = (sorted(ids.intersection(boots)) for boots in (budget._previous_boot, budget._credited))
    if not previous and not credited:
        return None
    latest_ms = budget._latest_refill_ms - reference.now_ms
    ranks = reference.ranks
    return [ranks[push_id] for push_id in previous], [ranks[push_id] for push_id in credited], latest_ms


def settling(contact, reference):
    """Return when a level settles, and its flags: with the next level all are set again."""
    deadline_ms = contact.deadline_ms()
    if deadline_ms is None:
        return None
    return deadline_ms - reference.now_ms, contact._was_retained, contact._is_seen
