"""Warnings of `pushglance check`: settings that are valid but may be a mistake."""

from collections.abc import Iterator

from pushglance.proxy_url import proxy_problem, without_login
from pushglance.runtime.inputs.gpio.gpio_chips import has_chips, load_gpiod, pulse_loss_warning
from pushglance.settings import Settings
from pushglance.settings.board_catalog import RASPBERRY_PI, board_pins
from pushglance.settings.checks.board_limits import pins_of
from pushglance.settings.errors.issues import section
from pushglance.settings.resolved_watches import resolve_watches
from pushglance.settings.tables.sensors import CounterKeys
from pushglance.settings.tables.sensors.sources.gpio import PinKeys
from pushglance.settings.tables.sensors.sources.mqtt import TopicKeys, quality_of_service

from .compiler import pushover_proxy
from .value_warnings import value_warnings
from .written_warnings import written_warnings

_MONTH_DAYS = 31
_MONTH_PUSHES = 10_000  # of an account without a team's plan, pushover.net/faq


def plan_warnings(settings: Settings) -> Iterator[str]:
    """Yield one sentence for each warning."""
    used = _shown_sensors(settings)
    if not settings.sensors:
        effect = "nothing is published" if settings.is_publish_only else "the glance never changes"
        yield f"no sensor is configured, so {effect}; write [sensors.NAME]"
    for name, sensor in settings.sensors.items():
        if name not in used and not settings.is_publish_only:
            yield f"no glance shows {name}; write {{{name}}} into a template, or remove {section(('sensors', name))}"
        if isinstance(sensor, PinKeys) and sensor.gpio is not None and sensor.pull == "none":
            yield (
                f"GPIO{sensor.gpio} of {name} has no pull resistor, so it floats and reports false changes while the "
                f'switch is open; fit a resistor, or write pull = "up"'
            )
    if settings.mqtt is not None and settings.mqtt.port == 8883 and not settings.mqtt.tls:
        yield "port 8883 of a broker is usually encrypted, and tls is not set; write tls = true under [mqtt]"
    if settings.mqtt is not None and settings.mqtt.port == 1883 and settings.mqtt.tls:
        yield "port 1883 of a broker is usually not encrypted, and tls is set; write port = 8883 under [mqtt]"
    yield from written_warnings(settings)
    yield from _pushover_warnings(settings)
    yield from _pulse_warnings(settings)
    yield from value_warnings(settings)
    yield from _board_warnings(settings)
    if settings.simulation is not None:
        yield "this is a simulation: no pin and no broker is used; remove [simulation] to read real sensors"


def _shown_sensors(settings: Settings) -> set[str]:
    """Return the sensors that a glance names, and the members of such groups."""
    used = {
        name
        for watch in resolve_watches(settings)
        for _, template in watch.glance.templates()
        for name, _ in template.references()
    }
    members = {member for name in used for member in getattr(settings.sensors.get(name), "of", None) or ()}
    return used | members


def _pushover_warnings(settings: Settings) -> Iterator[str]:
    """Warn about a proxy that cannot be used, and about more pushes than an account may send in a month."""
    proxy = pushover_proxy(settings)
    if proxy is not None and (problem := proxy_problem(proxy.get_secret_value())):
        shown = without_login(proxy.get_secret_value())
        yield f"nothing can be pushed: the proxy {shown} from {proxy.origin} cannot be used: {problem}"
    watches = resolve_watches(settings)
    most = sum(watch.pushes for watch in watches) * _MONTH_DAYS
    if most > _MONTH_PUSHES:
        yield (
            f"{len(watches)} watches may need {most} pushes in {_MONTH_DAYS} days, and a Pushover account has "
            f"{_MONTH_PUSHES} a month for all its programs; write a smaller budget, e.g. pushes = "
            f"{_MONTH_PUSHES // _MONTH_DAYS // len(watches)} under [budget]"
        )


def _pulse_warnings(settings: Settings) -> Iterator[str]:
    """Warn about lost pulses if libgpiod does not count them; only on a machine with pins."""
    has_counter = any(isinstance(settings.sensors[name], CounterKeys) for name, _, _ in pins_of(settings))
    factory = settings.gpio.factory
    is_real = settings.board.kind == RASPBERRY_PI and settings.simulation is None and factory != "mock"
    if not has_counter or not is_real or not has_chips():
        return
    reason = load_gpiod()[1] if factory == "lgpio" else 'write factory = "lgpio" under [gpio]'
    if reason:
        yield pulse_loss_warning(factory, reason)


def _board_warnings(settings: Settings) -> Iterator[str]:
    """Warn about pins with a second function, and about features that a microcontroller lacks."""
    board = board_pins(settings.board.kind)
    for name, pin, _ in pins_of(settings):
        if pin in board.warnings:
            yield f"GPIO{pin} of {name} {board.warnings[pin]}; another pin is safer"
    if board.kind == RASPBERRY_PI:
        return
    if settings.node is not None and settings.node.commands:
        yield f"this {board.title} accepts no commands by MQTT; remove commands from [node]"
    if settings.mqtt is not None and settings.mqtt.version == "5":
        yield f'this {board.title} uses MQTT 3.1.1, which brokers of version 5 also accept; write version = "3.1.1"'
    for name, sensor in settings.sensors.items():
        if isinstance(sensor, TopicKeys) and sensor.mqtt is not None and quality_of_service(sensor) == 2:
            yield f"this {board.title} subscribes with quality of service 1, so a message of {name} may count twice"
    if settings.clock.trust == "always":
        yield f"this {board.title} has no battery-backed clock, so it asks {settings.board.ntp} and ignores [clock]"
