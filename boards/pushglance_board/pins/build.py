"""Build the inputs of a Plan's pins."""

from machine import Pin

from pushglance_board.errors import FatalError

from .contact_pin import ContactPin
from .led import NoLed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.plan_types import Plan, SensorPlan
    from pushglance.core.wire.event_buffer import EventBuffer

    from .pulse_counters import PulsePin

_PULLS = {"up": Pin.PULL_UP, "down": Pin.PULL_DOWN, "none": None}


def build_led(plan: "Plan") -> "Any":
    """Return the LED that the Plan names. Raises FatalError if the board has no such pin."""
    name = plan["board"]["led"]
    if name == "":
        return NoLed()
    try:
        return Pin(int(name) if name.isdigit() else name, Pin.OUT)
    except (ValueError, TypeError):
        raise FatalError("this board has no LED on pin %s: correct led under [board]" % name) from None


def build_pins(plan: "Plan", queue: "EventBuffer") -> "list[ContactPin | PulsePin]":
    """Return the inputs of all sensors on pins. Raises FatalError if the board has no such pin."""
    pins = []
    counters = 0  # contacts do not use the chip's few counting units
    for sensor in plan["sensors"]:
        if sensor["source"] != "gpio":
            continue
        pins.append(_build_pin(sensor, counters, queue))
        counters += sensor["kind"] == "counter"
    return pins


def _build_pin(sensor: "SensorPlan", index: int, queue: "EventBuffer") -> "ContactPin | PulsePin":
    try:
        pin = Pin(sensor["gpio"], Pin.IN, _PULLS[sensor["pull"]])  # type: ignore[arg-type]  # None: no pull
    except (ValueError, TypeError):
        message = "this board has no pin %d, which is the gpio of %s: correct gpio and deploy again"
        raise FatalError(message % (sensor["gpio"], sensor["name"])) from None
    if sensor["kind"] == "contact":
        return ContactPin(sensor, pin, queue)
    from .pulse_counters import PulsePin, build_counter

    return PulsePin(sensor, build_counter(sensor, pin, index), queue)
