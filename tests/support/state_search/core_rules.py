"""One rule for each attribute of each object of the core, so that none is merged away unnoticed.

`merging` has the kinds of rules and why they are sound. An attribute without a rule is an error.
"""

from operator import attrgetter

from . import relative
from .relative import ahead, exact, future, instant, is_known, last_end, level, rank, refusals, since, texts

IGNORED = None


def part(value, reference):
    """Return what the future can depend on of an object of the core, or None."""
    if value is None:
        return None
    kind = type(value)
    rules = _checked.get(kind)
    if rules is None:
        rules = _checked[kind] = _Rules(value)
    found = [rule(get(value), reference) for get, rule in rules.used]
    if rules.whole is not None:
        found.append(rules.whole(value, reference))
    return found


def _parts(value, reference):
    return [part(each, reference) for each in value]


def _ignored(names):
    return dict.fromkeys(names.split(), IGNORED)


_RULES = {
    "Decider": {
        "now_ms": instant,
        "wall": part,
        "_sensor_list": _parts,
        "_sensor_timers": part,
        "_targets": part,
        "_checkpoint": part,
        # Other names of the same objects, and what only the status shows
        **_ignored("sensors _keys watches alerts _is_learning _outage_ms _groups links nodes _changed_names"),
    },
    "WallClock": {"_ahead_ms": ahead, "_most_ahead_ms": ahead, "_utc_offset_s": exact},
    "TimerQueue": {"_entries": relative.timers, "_queued": IGNORED},  # the same twice
    "Contact": {
        "_debouncer": part,
        "value": level,
        "changed_ms": is_known,
        "_since_local_s": is_known,
        "_first_settled_ms": is_known,
        "unknown": exact,
        "_causes": exact,
        "_lapse": exact,
        "_is_dated": exact,
        "_is_seen": IGNORED,  # see `settling`
        "_was_retained": IGNORED,  # see `settling`
        "hold_times": IGNORED,  # pacing by spacing learns nothing
        # Constants of the plan, counts for the status, and what belongs to sensors of other nodes
        **_ignored("name kind source is_urgent weight share significant_change _is_retained_news _words _wall"),
        **_ignored("node unreadable implausible lost _reported_unreadable detail"),
        # Nothing goes stale or shows its age, no link is in the alphabet, and no sequence has minutes of edges without
        # a settled level
        **_ignored("age _needs_value _stale_ms _seen_ms _broker_ms _unsettled_ms"),
    },
    "Debouncer": {
        "_raw": level,
        "level": level,
        **_ignored("_settle_ms _raw_since_ms since_ms restless_ms"),
    },  # see `settling`
    "PushTargets": {
        "_push_id": rank,
        "_timers": part,
        "_due": exact,
        "watches": _parts,
        **_ignored("_viewers alerts _keys"),
    },
    "Checkpoint": {
        "_dirty": exact,
        "_sensors_ms": instant,
        "_models_ms": instant,
        **_ignored("_sensors _pacings _dirty_models"),
    },
    "Watch": {
        "budget": part,
        "shown": texts,
        "state": exact,
        "in_flight": part,
        "next_ms": instant,
        "_ledger": part,
        "pacing": part,
        "_quota": part,
        "_desired": part,
        "_is_urgent": exact,
        "_last_ms": last_end,
        "_first_values_until_ms": future,
        "standby_reason": exact,
        # Constants of the plan; no request, pause or lease is in the alphabet; the others are set before each use
        **_ignored(
            "name wall sensor_names _urgent_fields _request pause _lease why pending _sendable _pending_sensors"
        ),
    },
    "Budget": {
        "_entries": relative.debits,
        "_least_ahead_ms": ahead,
        "_is_clock_refused": exact,
        **_ignored("_previous_boot _credited _latest_refill_ms"),  # see `debits_of_boots`
        **_ignored("capacity _window urgent_reserve _refill_times_ms"),  # the last one is a cache of the debits
    },
    "InFlightPush": {
        "push_id": rank,
        "at_ms": instant,
        "sent": texts,
        "content": texts,
        "shows": texts,
        "replaced": texts,
        "was_urgent": exact,
        **_ignored("sensor_names request"),
    },
    "Ledger": {"backoff": part, "refusal": part, **_ignored("last _name _fingerprint _budget _wall")},
    "Refusal": {"cause": exact, "sent": texts, "earlier": refusals, "_wait": part, **_ignored("detail asked_ms")},
    "Pause": {"_for_ms": exact, "_until_ms": future, "_until_wall_ms": relative.wall, "_is_from_previous_boot": exact},
    "Backoff": {"not_before_ms": future, "_failures": exact, "failed_ms": IGNORED},
    "SpacingPacing": {
        "since_ms": since,
        "urgent_since_ms": is_known,
        **_ignored("sensors spacing_ms _has_urgent is_calm price_ms worth_ms latest_ms"),
    },
    "SensorQuota": {"_limits": IGNORED, "_until_ms": relative.quota},
    "DesiredGlance": {
        "_glance": texts,
        "_is_waiting": exact,
        "_cleared": exact,
        **_ignored("_fields _sensors _sensor_names"),
    },
}
_WHOLE = {"Budget": relative.debits_of_boots, "Contact": relative.settling}  # rules that use several attributes


class _Rules:
    """The rules of one class, after the check that every attribute has one."""

    def __init__(self, value):
        name = type(value).__name__
        rules = _RULES[name]
        missing, extra = vars(value).keys() - rules.keys(), rules.keys() - vars(value).keys()
        assert not missing, f"{name} has {missing}: write in core_rules.py how states with them are merged"
        assert not extra, f"{name} no longer has {extra}: remove the rules from core_rules.py"
        self.used = [(attrgetter(attribute), rule) for attribute, rule in rules.items() if rule is not IGNORED]
        self.whole = _WHOLE.get(name)


_checked: dict[type, _Rules] = {}
