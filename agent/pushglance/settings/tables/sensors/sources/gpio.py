"""Sensors on GPIO pins: contacts and pulse counters, because a pin has two levels."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from pushglance.settings.board_catalog import HIGHEST_PIN
from pushglance.settings.errors.issues import ValueProblem, quoted
from pushglance.settings.tables.pin_names import pin_meant
from pushglance.settings.tables.sensors.kinds import ContactKeys
from pushglance.settings.tables.sensors.sensor import SensorKeys
from pushglance.settings.tables.table import Table
from pushglance.settings.values.durations import Duration, DurationRange

from .dead_time import DEAD_TIME, DeadTime
from .source import SensorSource, keys_of

Pull = Literal["up", "down", "none"]
_LEVELS = ("low", "high")
_SETTLE_MS = 200  # a reed switch in a swinging door bounces for tens of ms


def _check_pin(written: object) -> object:
    text = _pin_text(written)
    if text is not None and not text.isdecimal():
        number, note = pin_meant(text)
        shown = quoted(written) if isinstance(written, (str, bool)) else "this"
        sentence = f"{shown} is not a valid pin; write a BCM number, 0 to 27"
        if note:
            sentence += f" ({note})"
        if number is not None and not 0 <= number <= HIGHEST_PIN:
            raise ValueProblem(f"no board has a pin {number}", "17")
        if number is not None:
            raise ValueProblem(sentence, str(number))
        raise ValueProblem(sentence if note else f"{sentence}, e.g. gpio = 17 for physical pin 11")
    if text is not None and not 0 <= int(text) <= HIGHEST_PIN:
        raise ValueProblem(f"no board has a pin {quoted(int(text))}", "17")
    return written


def _pin_text(written: object) -> str | None:
    """Return a written pin as text, of a list or table its only value; None if pydantic itself explains it."""
    if isinstance(written, (list, dict)):
        inner = list(written.values()) if isinstance(written, dict) else written
        return f"[{inner[0]}]" if len(inner) == 1 and isinstance(inner[0], int) else None
    if isinstance(written, bool):
        return str(written).lower()
    if isinstance(written, int):
        return str(written) if written >= 0 else None
    return written.strip() if isinstance(written, str) else None


Pin = Annotated[int, Field(ge=0, le=HIGHEST_PIN), BeforeValidator(_check_pin)]


class PinKeys(Table):
    """Keys of every sensor on a pin."""

    gpio: Pin | None = Field(default=None, description="The pin's number: on a Pi the BCM number, 0 to 27.")
    pull: Pull = Field(
        default="up",
        description="The resistor that the board puts on the pin: up (switch to ground), down (switch to 3.3 V) or "
        "none.",
    )


class CounterPinKeys(PinKeys):
    """Keys of a counter on a pin."""

    invert: bool = Field(
        default=False,
        description='Whether a pulse is the inverse level: high with pull = "up", low with pull = "down".',
    )
    width: Annotated[Duration, DurationRange("0s", "1s", "ms")] = Field(
        default=Duration(5, "5ms"),
        description="A pulse, or a gap between two, shorter than this is bounce and does not count, 0s to 1s; "
        "0s for a clean signal of hundreds of pulses a second.",
    )
    edges: Literal["one", "both"] = Field(
        default="one",
        description="one: a pulse goes to a level and back. both: each change of level is a pulse, e.g. of a tipping "
        "bucket.",
    )
    dead_time: DeadTime | None = Field(default=None, description=DEAD_TIME)


class GpioSource(SensorSource):
    """Pins of this computer or board."""

    key = "gpio"
    plan_source = "gpio"
    place = "a pin"
    places = "pins"
    example = "gpio = 17"
    default_settle_ms = _SETTLE_MS
    is_local = True
    runs_on_boards = True

    def keys(self, kind: str) -> type[Table] | None:
        """Return the keys for contacts and counters."""
        return {"contact": PinKeys, "counter": CounterPinKeys}.get(kind)

    def unsupported_reason(self, kind: str) -> str:
        """Return that a pin has only two levels."""
        return f'a pin has only two levels, so a {kind} comes by topic; write mqtt = "TOPIC" instead of gpio'

    def plan_keys(self, name: str, sensor: SensorKeys, node_prefix: str) -> dict[str, Any]:
        """Return the pin, and the level that means open or that is a pulse."""
        del name, node_prefix
        keys = keys_of(sensor, PinKeys)
        common = {"gpio": keys.gpio, "pull": keys.pull}
        if isinstance(keys, CounterPinKeys):
            plan: dict[str, Any] = common | {"width_us": keys.width.ms * 1000, "active_level": _active_level(keys)}
            if keys.edges == "both":
                plan["edges"] = "both"
            if keys.dead_time and keys.dead_time.ms:
                plan["dead_ms"] = keys.dead_time.ms
            return plan
        return common | {"open_level": _open_level(sensor)}

    def title(self, sensor: SensorKeys) -> str:
        """Return the pin and its resistor."""
        keys = keys_of(sensor, PinKeys)
        return f"GPIO{keys.gpio}, pull {keys.pull}"

    def overview(self, sensor: SensorKeys) -> Iterator[str]:
        """Yield which level means what."""
        if isinstance(sensor, CounterPinKeys):
            level = "each change of level" if sensor.edges == "both" else _LEVELS[_active_level(sensor)]
            dead_time = f", those within {sensor.dead_time} are one" if sensor.dead_time else ""
            yield f"a pulse is {level}, {sensor.width} or longer{dead_time}"
        else:
            yield f"open is {_LEVELS[_open_level(sensor)]}"


def _open_level(sensor: SensorKeys) -> int:
    """Return the electrical level that means open: an open switch leaves the pin to its pull resistor."""
    assert isinstance(sensor, ContactKeys)
    return int((keys_of(sensor, PinKeys).pull != "down") != sensor.invert)


def _active_level(sensor: CounterPinKeys) -> int:
    """Return the electrical level of a pulse: the switch closes against the pull resistor."""
    return int((sensor.pull == "down") != sensor.invert)
