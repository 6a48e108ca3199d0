"""The source "gpio": contacts and pulse counters on pins.

Pins of the kernel's own driver (factory "lgpio") are read by libgpiod 2, which sleeps until there is an edge and knows
which edges it lost. Where libgpiod 2 is absent, and with every other pin factory, gpiozero reads them.
"""

import logging
from typing import TYPE_CHECKING, Any

from pushglance.runtime.inputs.source import InputContext, InputSource
from pushglance.runtime.plan_shapes import Shape, is_amount, is_flag, one_of, shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pushglance.core.plan_types import SensorPlan

log = logging.getLogger("pushglance")

_PIN = shape(gpio=is_amount, pull=one_of("up", "down", "none"))
_SHAPES = {
    "contact": _PIN | shape(open_level=is_flag),
    "counter": _PIN | shape(width_us=is_amount, active_level=is_flag),
}


class GpioInputs(InputSource):
    """Pins of this computer."""

    noun = "pin"

    def shape(self, kind: str) -> Shape | None:
        """Return the keys of a contact or a counter: a pin has two levels and can provide nothing else."""
        return _SHAPES.get(kind)

    def options(self, kind: str) -> Shape:
        """Return the keys of a counter whose pulses have a special form."""
        return shape(edges=one_of("both"), dead_ms=is_amount) if kind == "counter" else {}

    def build(self, sensors: "Sequence[SensorPlan]", context: InputContext) -> None:
        """Add one input for all pins with libgpiod, or one for each pin with gpiozero."""
        factory = None
        gpiod = _load_gpiod_for(sensors, context.plan["gpio"]["factory"]) if sensors else None
        if gpiod is not None:
            from .gpiod_input import GpiodInput  # noqa: PLC0415 - only if it is used

            context.inputs.append(GpiodInput(sensors, gpiod, context.queue, context.now_ms))
        elif sensors:
            from .gpiozero_contact import ContactInput  # noqa: PLC0415 - only if it is used
            from .gpiozero_pulses import PulseInput  # noqa: PLC0415 - only if it is used
            from .pin_factory import build_pin_factory  # noqa: PLC0415 - only if it is used

            factory = build_pin_factory(context.plan["gpio"]["factory"])
            for sensor in sensors:
                pin_input = ContactInput if sensor["kind"] == "contact" else PulseInput
                context.inputs.append(pin_input(sensor, factory, context.queue, context.now_ms))
        if context.plan["hand"]:
            from .simulated_pins import SimulatedPins  # noqa: PLC0415 - only if it is used

            is_mock = context.plan["gpio"]["factory"] == "mock"
            pins = SimulatedPins(factory if is_mock else None, [sensor["gpio"] for sensor in sensors])
            context.simulator_commands["pin"] = pins.drive


def _load_gpiod_for(sensors: "Sequence[SensorPlan]", factory: str) -> Any:
    """Return the module gpiod if it can read these pins, else None; log what counters lose without it."""
    if factory != "lgpio":
        return None
    from .gpio_chips import load_gpiod, pulse_loss_warning  # noqa: PLC0415 - only if there are pins

    gpiod, reason = load_gpiod()
    if gpiod is None and any(sensor["kind"] == "counter" for sensor in sensors):
        log.warning("%s", pulse_loss_warning("lgpio", reason))
    return gpiod
