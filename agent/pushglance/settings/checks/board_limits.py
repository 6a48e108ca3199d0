"""Checks against the board: pins that it lacks, pulls that it cannot give, and what only a computer does."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pushglance.settings.board_catalog import RASPBERRY_PI, BoardPins, board_pins
from pushglance.settings.errors.issues import Place, SettingIssue, ValueProblem, complain
from pushglance.settings.loading.partial_load import is_broken
from pushglance.settings.tables.sensors import Contact
from pushglance.settings.tables.sensors.sources.gpio import PinKeys

if TYPE_CHECKING:
    from pushglance.settings.model import Settings


def pins_of(settings: "Settings") -> Iterator[tuple[str, int, str]]:
    """Yield (sensor, pin, pull) of every sensor that is read from a pin."""
    for name, sensor in settings.sensors.items():
        if isinstance(sensor, PinKeys) and sensor.gpio is not None:
            yield name, sensor.gpio, sensor.pull


def check_pins_exist(settings: "Settings", _broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about a pin that is not there, or that the board needs for itself."""
    board = board_pins(settings.board.kind)
    for name, pin, _ in pins_of(settings):
        if pin in board.refused:
            sentence = f"GPIO{pin} of this {board.title} {board.refused[pin]}; take another pin"
        elif pin not in board.pins:
            sentence = f"there is no pin {pin} on {_where(board)}"
        else:
            continue
        yield complain(("sensors", name, "gpio"), ValueProblem(sentence, str(_suggested(board))))


def _where(board: BoardPins) -> str:
    if board.kind == RASPBERRY_PI:
        return "the header: BCM numbers go from 0 to 27 (GPIO17 is physical pin 11)"
    return f"this {board.title}; a sensor may use {_ranges(sorted(board.pins))}"


def _suggested(board: BoardPins) -> int:
    return next(pin for pin in (17, 16, 4) if pin in board.pins and pin not in board.cautions)


def _ranges(pins: list[int]) -> str:
    """Return "0-22, 26-28"."""
    runs: list[list[int]] = []
    for pin in pins:
        if runs and pin == runs[-1][1] + 1:
            runs[-1][1] = pin
        else:
            runs.append([pin, pin])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def check_pulls_supported(settings: "Settings", _broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about a pull that the board's own resistors overrule, or that it has no resistor for."""
    board = board_pins(settings.board.kind)
    for name, pin, pull in pins_of(settings):
        place = ("sensors", name, "pull")
        fixed = board.fixed_pull.get(pin, pull)
        if pull != fixed:
            told = f"the board itself pulls GPIO{pin} {fixed}; take another pin, or wire it to ground"
            yield complain(place, ValueProblem(told, f'"{fixed}"'))
        elif pin in board.no_pull and pull != "none":
            told = f"GPIO{pin} of this {board.title} {board.no_pull[pin]}; fit one of 10 kOhm outside"
            yield complain(place, ValueProblem(told, '"none"'))
        elif pull == "down" and board.no_pull_down:
            yield complain(place, ValueProblem(f"{board.no_pull_down}; wire the switch to ground", '"up"'))


def check_board_features(settings: "Settings", broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about what a microcontroller lacks: WiFi without a name, plain http, certificates of its own."""
    if settings.board.kind == RASPBERRY_PI:
        return
    title = board_pins(settings.board.kind).title
    if settings.board.ssid is None and not is_broken(broken, ("board", "ssid")):
        yield complain(
            ("board", "ssid"), ValueProblem(f"missing; this {title} reaches the network by WiFi", '"my-wifi"')
        )
    if settings.simulation is not None:
        yield SettingIssue(("simulation",), f"a simulation runs on a computer, not on this {title}; remove it")
    for name, sensor in settings.sensors.items():
        if isinstance(sensor, Contact) and sensor.left_open is not None:
            told = f"this {title} sends no messages; remove it, or let a Pi show this sensor with [node] and send them"
            yield SettingIssue(("sensors", name, "left_open"), told)
    if settings.pushover.url.startswith("http:"):
        told = f"on this {title} http:// would reach the board itself and nothing else; write https://"
        yield SettingIssue(("pushover", "url"), told)
    if settings.mqtt is not None and settings.mqtt.cert_file is not None:
        told = f"this {title} cannot log in with a certificate; remove cert_file and key_file, and use a password"
        yield SettingIssue(("mqtt", "cert_file"), told)
    if settings.node is not None and settings.node.name is None and not is_broken(broken, ("node", "name")):
        yield complain(("node", "name"), ValueProblem(f"missing; this {title} has no name of its own", '"garage"'))


def check_board_capacity(settings: "Settings", _broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about more sensors or watches than there is memory for."""
    board = board_pins(settings.board.kind)
    for section, entries, limit in (
        ("sensors", settings.sensors, board.sensors),
        ("watches", settings.watches, board.watches),
    ):
        if limit and len(entries) > limit:
            yield SettingIssue(
                (section,), f"this {board.title} has memory for {limit} {section}; remove some, or use a Pi"
            )
