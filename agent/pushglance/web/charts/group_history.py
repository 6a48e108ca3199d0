"""The history of groups and doors: their members' histories combined, because the store has only those.

A group is thus known for as long as its members are, also before it was in the settings.
"""

from collections.abc import Callable, Mapping, Sequence

Step = tuple[int, float]  # the value from this wall time (ms) on
Values = list[float | None]  # of each member, None before its first one


def combined_steps(combine: str, members: Sequence[Sequence[Step]]) -> list[Step]:
    """Return the history of a group: 1 or 0 for a state that is open or closed, else its number.

    It begins once every member has a value.
    """
    function = _COMBINE.get(combine)
    if function is None or not members:
        return []
    changes = sorted((at, number, value) for number, steps in enumerate(members) for at, value in steps)
    values: Values = [None] * len(members)
    steps: list[Step] = []
    for at, number, value in changes:
        values[number] = value
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            continue
        combined = function(known)
        if not steps or steps[-1][1] != combined:
            steps.append((at, combined))
    return steps


def is_contact_like(combine: str) -> bool:
    """Return whether a group is open or closed, and not a number."""
    return combine in ("any_open", "door")


def members_of(sensors: Mapping[str, Mapping[str, object]], names: Sequence[str], kinds: Sequence[str]) -> list[str]:
    """Return the members if all of them are of these kinds, else nothing: other kinds have no such history."""
    return list(names) if all(sensors.get(name, {}).get("kind") in kinds for name in names) else []


def _door(switches: list[float]) -> float:
    """Return 0 while the second switch alone is closed: the door is then closed. Else it is open or moves."""
    return float(not (switches[0] == 1 and switches[-1] == 0))


_COMBINE: dict[str, Callable[[list[float]], float]] = {
    "any_open": lambda known: float(any(known)),
    "door": _door,
    "count": lambda known: float(sum(known)),
    "names": lambda known: float(sum(known)),
    "sum": sum,
    "min": min,
    "max": max,
    "mean": lambda known: sum(known) / len(known),
}
