"""Checks of watches: one way to say what is shown, and no two glances for one screen."""

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from pushglance.settings.board_catalog import RASPBERRY_PI
from pushglance.settings.errors.issues import Place, SettingIssue, ValueProblem, complain
from pushglance.settings.loading.partial_load import is_broken
from pushglance.settings.tables.sensors import Contact
from pushglance.settings.tables.watches import MESSAGES, ShownWatch, shown_watches

if TYPE_CHECKING:
    from pushglance.settings.model import Settings


def check_glance_or_watches(settings: "Settings", broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain if both [glance] and [watches.NAME] are there, or neither."""
    if settings.glance is not None and settings.watches:
        told = "[glance] and [watches.NAME] are both given; keep [glance] for one watch, or write [watches.NAME.glance]"
        yield SettingIssue(("glance",), told)
    is_missing = settings.glance is None and not settings.watches and not settings.only_publishes
    if is_missing and not is_broken(broken, ("glance",)) and not any(place[0] == "watches" for place in broken):
        example = next(iter(settings.sensors), "garage")
        told = f'missing, so nothing is shown; write [glance] and text = "{{{example}}}" below it'
        if settings.node is not None:
            told += ", or give no keys of Pushover to a node that only publishes"
        yield SettingIssue(("glance",), told)
    if settings.watches and settings.pushover.device is not None:
        told = "with several watches each one has its own device; move this line to [watches.NAME]"
        yield SettingIssue(("pushover", "device"), told)


def check_watch_names(settings: "Settings", _broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about a name that is taken."""
    if MESSAGES in settings.watches:
        yield SettingIssue(("watches", MESSAGES), "messages are booked under this name; call the watch otherwise")


def check_messages_have_receiver(settings: "Settings", broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about left_open where nobody is named who could be told, or nothing could tell them."""
    wanted = [n for n, sensor in settings.sensors.items() if isinstance(sensor, Contact) and sensor.left_open]
    if not wanted:
        if settings.messages.model_fields_set:
            told = "no sensor has left_open, so there is nothing to tell; remove [messages], or write left_open"
            yield SettingIssue(("messages",), told)
        return
    place = ("sensors", wanted[0], "left_open")
    if settings.only_publishes:
        yield SettingIssue(place, "this one only publishes and sends no messages; write left_open where [pushover] is")
    elif settings.board.kind != RASPBERRY_PI:
        return  # told with what else a microcontroller lacks
    elif settings.watches and settings.pushover.user is None and not is_broken(broken, ("pushover", "user")):
        told = f"missing, but {wanted[0]} has left_open, whose message goes to this user"
        yield complain(("pushover", "user"), ValueProblem(told, '"YOUR USER KEY"'))


def check_watches_unique(settings: "Settings", broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about two watches that would fill the same screen in turns."""
    for first, second in combinations(shown_watches(settings), 2):
        keys = [(*watch.place, key) for watch in (first, second) for key in ("user", "device")]
        if first.user is None or first.user != second.user or is_broken(broken, *keys):
            continue
        if first.device == second.device:
            yield _complaint(second, f"has the same user and device as watches.{first.name}; give each its own device")
        elif not (first.device and second.device):
            every, one = (second, first) if first.device else (first, second)
            told = f"without a device it reaches every device of this user, also the one of watches.{one.name}"
            yield _complaint(every, f'{told}; write device = "NAME"')


def _complaint(watch: ShownWatch, sentence: str) -> SettingIssue:
    return SettingIssue((*watch.place, "device"), sentence)
