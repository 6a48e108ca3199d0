"""Checks against the board: missing pins, impossible pulls, and features that only a computer has."""

from collections.abc import Iterator
from string import hexdigits

from pushglance.settings.board_catalog import RASPBERRY_PI, BoardPins, board_pins
from pushglance.settings.errors.issues import Place, SettingIssue, is_broken, issue_at
from pushglance.settings.model import Settings
from pushglance.settings.tables.pin_names import bcm_at
from pushglance.settings.tables.sensors import ContactKeys
from pushglance.settings.tables.sensors.sources.gpio import CounterPinKeys, PinKeys

_PLACES = 40  # on the header
_PASSWORD_MIN, _PASSWORD_MAX = 8, 63  # bytes, IEEE 802.11i
_KEY = 64  # hexadecimal digits of a WPA key


def pins_of(settings: Settings) -> Iterator[tuple[str, int, str]]:
    """Yield (sensor, pin, pull) of every sensor on a pin."""
    for name, sensor in settings.sensors.items():
        if isinstance(sensor, PinKeys) and sensor.gpio is not None:
            yield name, sensor.gpio, sensor.pull


def check_pins_exist(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Report a pin that the board does not have, or needs for itself."""
    board = board_pins(settings.board.kind)
    for name, pin, _ in pins_of(settings):
        if pin in board.reserved:
            problem = f"GPIO{pin} of this {board.title} {board.reserved[pin]}; choose another pin"
        elif pin not in board.pins:
            problem = f"pin {pin} does not exist on {_where(board, pin)}"
        else:
            continue
        meant = bcm_at(pin) if board.kind == RASPBERRY_PI else None
        yield issue_at(("sensors", name, "gpio"), problem, str(_suggested_pin(board) if meant is None else meant))


def _where(board: BoardPins, pin: int) -> str:
    if board.kind == RASPBERRY_PI:
        meant = bcm_at(pin)
        place = f"physical pin {pin} is " + (f"GPIO{meant}" if meant is not None else "power or ground")
        return f"the header: BCM numbers go from 0 to 27 ({place if pin <= _PLACES else 'GPIO17 is physical pin 11'})"
    return f"this {board.title}; a sensor may use {_ranges(sorted(board.pins))}"


def _suggested_pin(board: BoardPins) -> int:
    return next(pin for pin in (17, 16, 4) if pin in board.pins and pin not in board.warnings)


def _ranges(pins: list[int]) -> str:
    """Return sorted pins as text, e.g. "0-22, 26-28"."""
    runs: list[list[int]] = []
    for pin in pins:
        if runs and pin == runs[-1][1] + 1:
            runs[-1][1] = pin
        else:
            runs.append([pin, pin])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def check_pulls_supported(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Report a pull that the board's own resistors override, or that it has no resistor for."""
    board = board_pins(settings.board.kind)
    for name, pin, pull in pins_of(settings):
        place = ("sensors", name, "pull")
        fixed = board.fixed_pull.get(pin, pull)
        if pull != fixed:
            problem = f"the board itself pulls GPIO{pin} {fixed}; choose another pin, or wire the switch to ground"
            yield issue_at(place, problem, f'"{fixed}"')
        elif pin in board.no_pull and pull != "none":
            problem = f"GPIO{pin} of this {board.title} {board.no_pull[pin]}; add an external one of 10 kOhm"
            yield issue_at(place, problem, '"none"')
        elif pull == "down" and board.no_pull_down:
            yield issue_at(place, f"{board.no_pull_down}; wire the switch to ground", '"up"')


def check_board_features(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Report what a microcontroller needs (a WiFi network, a node name) and what it cannot do."""
    if settings.board.kind == RASPBERRY_PI:
        return
    title = board_pins(settings.board.kind).title
    if settings.board.ssid is None and not is_broken(broken, ("board", "ssid")):
        yield issue_at(("board", "ssid"), f"missing; this {title} reaches the network by WiFi", '"my-wifi"')
    if settings.simulation is not None:
        yield SettingIssue(("simulation",), f"a simulation runs on a computer, not on this {title}; remove it")
    for name, sensor in settings.sensors.items():
        if isinstance(sensor, ContactKeys) and sensor.left_open is not None:
            problem = f"this {title} sends no messages; remove it, or publish with [node] and let a Pi send messages"
            yield SettingIssue(("sensors", name, "left_open"), problem)
    if settings.pushover.url.startswith("http:"):
        problem = f"on this {title} an http:// address would be the board itself; write https://"
        yield SettingIssue(("pushover", "url"), problem)
    if settings.pushover.proxy is not None:
        yield SettingIssue(("pushover", "proxy"), f"this {title} cannot use a proxy; remove it")
    if settings.mqtt is not None and settings.mqtt.cert_file is not None:
        problem = f"this {title} cannot log in with a certificate; remove cert_file and key_file, and use a password"
        yield SettingIssue(("mqtt", "cert_file"), problem)
    if settings.node is not None and settings.node.name is None and not is_broken(broken, ("node", "name")):
        problem = f"missing; this {title} has no host name to use instead"
        yield issue_at(("node", "name"), problem, '"garage"')


def check_wifi_password(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Report a password that no WiFi can have: a board would try it for ever."""
    if settings.board.kind == RASPBERRY_PI or settings.board.password is None:
        return
    password = settings.board.password.get_secret_value()
    if not _is_wifi_password(password):
        problem = f"a WiFi password has 8 to 63 characters, or 64 hexadecimal digits; this one has {len(password)}"
        yield SettingIssue(("board", "password"), f"{problem}: correct it, or leave it out for an open network")


def _is_wifi_password(password: str) -> bool:
    length = len(password.encode())
    return _PASSWORD_MIN <= length <= _PASSWORD_MAX or (length == _KEY and set(password) <= set(hexdigits))


def check_board_pulses(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Report forms of pulses that a microcontroller does not count."""
    if settings.board.kind == RASPBERRY_PI:
        return
    title = board_pins(settings.board.kind).title
    for name, sensor in settings.sensors.items():
        for key in ("edges", "dead_time") if isinstance(sensor, CounterPinKeys) and sensor.gpio is not None else ():
            if key in sensor.model_fields_set:
                problem = f"this {title} counts plain pulses; remove it, or wire the sensor to a Pi"
                yield SettingIssue(("sensors", name, key), problem)


def check_board_capacity(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Report more sensors or watches than the board has memory for."""
    board = board_pins(settings.board.kind)
    for section, entries, limit in (
        ("sensors", settings.sensors, board.sensors),
        ("watches", settings.watches, board.watches),
    ):
        if limit and len(entries) > limit:
            yield SettingIssue(
                (section,), f"this {board.title} has memory for {limit} {section}; remove some, or use a Pi"
            )
