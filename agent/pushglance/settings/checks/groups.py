"""Checks of groups: their members exist, and fit the way in which they are combined."""

from collections.abc import Iterator

from pushglance.settings.errors.issues import Place, SettingIssue, is_broken, listed, quoted
from pushglance.settings.errors.suggestions import nearest
from pushglance.settings.model import Settings
from pushglance.settings.tables.sensors import ContactKeys, CounterKeys, GaugeKeys, GroupKeys
from pushglance.settings.tables.sensors.sources.group import MemberKeys


def check_members(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Yield an issue for each member that is missing, given twice, a group, or of another kind."""
    for name, group in settings.sensors.items():
        place = ("sensors", name, "of")
        if not isinstance(group, GroupKeys) or is_broken(broken, (*place[:2], "combine")):
            continue
        assert isinstance(group, MemberKeys)
        members = group.of or []
        for member in members:
            problem = _problem(member, group, settings, broken)
            if problem:
                yield SettingIssue(place, problem)
        if group.combine == "door" and len(members) != 2 and not is_broken(broken, place):
            text = f'a door has two switches, not {len(members)}; write of = ["SWITCH_AT_OPEN", "SWITCH_AT_CLOSED"]'
            yield SettingIssue(place, text)
        if group.combine == "door" and group.unknown == "ignore":
            text = "a door with an unknown switch is unknown; remove unknown"
            yield SettingIssue((*place[:2], "unknown"), text)
        if group.combine != "door" and "moving" in group.model_fields_set:
            yield SettingIssue((*place[:2], "moving"), 'only for combine = "door"; remove it')
        if group.combine not in ("any_open", "all_closed") and group.open_one is not None:
            yield SettingIssue((*place[:2], "open_one"), 'only for combine = "any_open"; remove it')
        if len(set(members)) < len(members):
            yield SettingIssue(place, "a sensor is named twice; name each one once")


def _problem(member: str, group: GroupKeys, settings: Settings, broken: set[Place]) -> str:
    sensor = settings.sensors.get(member)
    fitting = [
        name
        for name, other in settings.sensors.items()
        if isinstance(other, ContactKeys if group.is_of_contacts else (CounterKeys, GaugeKeys))
    ]
    if sensor is None:
        if is_broken(broken, ("sensors", member)):
            return ""
        guess = nearest(member, fitting)
        hint = f"did you mean {quoted(guess)}?" if guess else f"known: {listed(fitting, 'and') or 'none'}"
        return f"{quoted(member)}: no sensor has this name; {hint}"
    if member in fitting:
        return ""
    wanted = "contacts" if group.is_of_contacts else "counters and gauges"
    other = 'combine = "sum", "min", "max" or "mean"' if group.is_of_contacts else 'combine = "any_open" or "count"'
    return f"{quoted(member)} is a {sensor.kind}, and {group.combine} is for {wanted}; remove it, or write {other}"
