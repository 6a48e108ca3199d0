"""Checks of watches: [glance] or [watches.NAME], and a separate device for each watch."""

from collections.abc import Iterator

from pushglance.settings.board_catalog import RASPBERRY_PI
from pushglance.settings.errors.issues import Place, SettingIssue, is_broken, issue_at
from pushglance.settings.model import Settings
from pushglance.settings.resolved_watches import ResolvedWatch, resolve_watches
from pushglance.settings.tables.sensors import ContactKeys
from pushglance.settings.tables.watches import MESSAGES


def check_glance_or_watches(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Report [glance] together with [watches.NAME], and settings with neither of them."""
    if settings.glance is not None and settings.watches:
        problem = "[glance] and [watches.NAME] are both set; write [glance] for one watch, or [watches.NAME.glance]"
        yield SettingIssue(("glance",), problem)
    is_missing = settings.glance is None and not settings.watches and not settings.is_publish_only
    if is_missing and not is_broken(broken, ("glance",)) and not any(place[0] == "watches" for place in broken):
        example = next(iter(settings.sensors), "garage")
        problem = f'missing, so nothing is shown; write [glance] and text = "{{{example}}}" below it'
        if settings.node is not None:
            problem += ", or remove Pushover's keys if this node shall only publish"
        yield SettingIssue(("glance",), problem)
    if settings.watches and settings.pushover.device is not None:
        problem = "with several watches each one has its own device; move this line to [watches.NAME]"
        yield SettingIssue(("pushover", "device"), problem)


def check_watch_names(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Report a watch with the reserved name."""
    if MESSAGES in settings.watches:
        yield SettingIssue(("watches", MESSAGES), "this name is reserved for messages; give the watch another name")


def check_messages_have_receiver(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Report left_open without a user who gets its message, and [messages] without left_open."""
    contacts = [n for n, sensor in settings.sensors.items() if isinstance(sensor, ContactKeys) and sensor.left_open]
    if not contacts:
        if settings.messages.model_fields_set:
            problem = "no sensor has left_open, so no message is ever sent; remove [messages], or write left_open"
            yield SettingIssue(("messages",), problem)
        return
    place = ("sensors", contacts[0], "left_open")
    if settings.is_publish_only:
        yield SettingIssue(
            place, "this node only publishes and sends no messages; write left_open on the hub with [pushover]"
        )
    elif settings.board.kind != RASPBERRY_PI:
        return  # check_board_features reports it
    elif settings.watches and settings.pushover.user is None and not is_broken(broken, ("pushover", "user")):
        problem = f"missing, but {contacts[0]} has left_open, and its message goes to this user"
        yield issue_at(("pushover", "user"), problem, '"YOUR USER KEY"')


def check_watches_unique(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Report two watches that would overwrite each other on one screen."""
    seen: dict[str, dict[str, ResolvedWatch]] = {}  # user -> device -> its first watch
    for watch in resolve_watches(settings):
        if watch.user is None or is_broken(broken, *[(*watch.place, key) for key in ("user", "device")]):
            continue
        others = seen.setdefault(watch.user.get_secret_value(), {})
        first = others.setdefault(watch.device, watch)
        if first is not watch:
            yield _device_issue(watch, f"same user and device as watches.{first.name}; give each watch its own device")
        elif len(others) > 1 and "" in others:
            without_device = others[""]
            other = watch if watch is not without_device else next(iter(others.values()))
            problem = f"without a device it reaches every device of this user, also that of watches.{other.name}"
            yield _device_issue(without_device, f'{problem}; write device = "NAME"')


def _device_issue(watch: ResolvedWatch, sentence: str) -> SettingIssue:
    return SettingIssue((*watch.place, "device"), sentence)
