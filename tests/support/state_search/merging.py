"""When two states are the same: equal in everything that the future can depend on.

`key` turns a state into bytes. The rules for its values, and why they are sound:

- exact: the value itself.
- instant: a monotonic instant, relative to now. The core only compares and subtracts instants.
- future: the same, but the past is one value, because the core only asks whether the instant has passed.
- wall, ahead: a wall time, relative to the true one. No template of the search shows a time of day.
- level, text: the level of the pin or the other one; words of the present settings or of the others. Both levels settle
  equally fast and each has its own word, and so have both settings: exchanging them changes nothing else.
- rank: a push id, by its rank among all ids of the state. The core compares ids, and gives new ones above all others.
- is_known: only whether a value is known, for instants that only `since` texts and hold times use.
- ignored: a constant of the plan, a cache, a value that is set before each use, or one that only the status shows.

The rows of the store and the state of the checker have the same rules. A test follows both of two merged states.
"""

from hashlib import blake2b

from .core_rules import part
from .limits import WINDOW_MS
from .relative import Reference, is_known, level, rank, refusals, text, texts, wall


def _store(state, reference):
    """The rows. When the store was opened matters for debits of other boots only."""
    rows, boot = state.rows, str(state.boot)
    has_foreign = any(row[2] != boot for row in rows.pushes.values())
    return (
        has_foreign and rows.boot[0] == boot and rows.boot[1] - reference.now_ms,
        rank(rows.push_id, reference),
        state.booked > rows.push_id,  # the only thing that is asked about it
        [
            (rank(push_id, reference), row[2] == boot and row[3] - reference.now_ms, wall(row[4], reference))
            for push_id, row in sorted(rows.pushes.items())
        ],
        [
            (
                texts(shown, reference),
                _refusal(refusal, boot, reference),
                fingerprint and int(fingerprint[-1]) ^ reference.settings,
            )
            for shown, refusal, fingerprint in rows.watches.values()
        ],
        [
            (
                level(each["value"], reference),
                is_known(each["since_local_s"], reference),
                each["is_dated"],
                each.get("unknown", ""),
            )
            for each in rows.sensors.values()
        ],
    )


def _refusal(refusal, boot, reference):
    """A refusal in the store: an end that has passed is one value, as in the core."""
    if not refusal:
        return None
    until_ms = refusal["boot"] == boot and max(0, refusal["until_ms"] - reference.now_ms)
    until_wall_ms = wall(refusal["until_wall_ms"], reference)
    contents = refusals([*refusal["earlier"], [refusal["cause"], refusal["sent"]]], reference)
    return contents, refusal["for_ms"], until_ms, until_wall_ms


def _push(push, state, reference, versions):
    if push is None:
        return None
    left = None if push.left_ms is None else push.left_ms - state.true_ms
    expires = push.expires_ms - state.true_ms
    return rank(push.push_id, reference), text(push.text, reference), versions[push.version], left, expires


def content(state):
    """Return everything that the future can depend on."""
    reference = Reference(state)
    watch, true_ms = state.watch, state.true_ms
    pushes = (state.current, state.waiting)
    used = {state.known[1], state.saved[1], watch.version, *(push.version for push in pushes if push is not None)}
    versions = {version: age for age, version in enumerate(sorted(used))}
    refused = watch.refused_settings
    return {
        "clock": (state.is_trusted and state.clock_error_ms, state.has_seen_right_clock),
        "levels": [(level(each, reference), versions[version]) for each, version in (state.known, state.saved)],
        "unknown": (state.is_unknown, state.saved_unknown),
        "pushes": [_push(push, state, reference, versions) for push in pushes],
        "store": _store(state, reference),
        "screen": (text(watch.text, reference), versions[watch.version]),
        "arrivals": [late_ms - true_ms for late_ms in watch.arrivals if late_ms > true_ms - WINDOW_MS],
        "doubt": (watch.is_doubtful, sorted((rank(each, reference), doubt) for each, doubt in watch.before.items())),
        "counts": sorted((rank(each, reference), max(0, ms - true_ms)) for each, ms in watch.counts_until.items()),
        "patience": (
            max(0, watch.patient_until_ms - true_ms),
            max(0, watch.refused_until_ms - true_ms),
            None if refused is None else refused ^ reference.settings,
        ),
        "decider": part(state.decider, reference),
    }


class _Same(dict):
    """Push ids as they are."""

    def __missing__(self, push_id):
        return push_id


def observed(state):
    """Return what a process knows and what the watch shows, without ranks: equal on stores of two kinds."""
    reference = Reference(state)
    reference.ranks = _Same()
    watch = state.watch
    return [part(state.decider, reference), watch.text, watch.arrivals, watch.counts_until, state.true_ms]


def key(state):
    """Return 16 bytes that are equal for two states if their contents are."""
    return blake2b(repr(content(state)).encode(), digest_size=16).digest()
