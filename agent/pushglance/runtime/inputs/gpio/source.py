"""The source "gpio": contacts and pulse counters on pins.

Pins of the kernel's own driver (factory "lgpio") are read by libgpiod 2, which sleeps until there is an edge and knows
which edges it lost. Where libgpiod 2 is absent, and with every other pin factory, gpiozero reads them.
"""

import logging
from typing import TYPE_CHECKING, Any

from pushglance.runtime.inputs.source import InputContext, InputSource
from pushglance.runtime.interfaces import Input
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
        """Add one input for all pins."""
        plan = context.plan
        if not sensors and not plan["hand"]:
            return
        pins = _PinBuilder(plan["gpio"]["factory"], context)
        if sensors:
            from .pin_inputs import PinInputs  # noqa: PLC0415 - only if it is used

            is_all = len(sensors) == len([sensor for sensor in plan["sensors"] if sensor["source"] != "group"])
            context.inputs.append(PinInputs(sensors, pins.build, context.queue, context.now_ms, is_all=is_all))
        if plan["hand"]:
            from .simulated_pins import SimulatedPins  # noqa: PLC0415 - only if it is used

            is_mock = plan["gpio"]["factory"] == "mock"
            factory = pins.factory() if is_mock and sensors else None
            simulated = SimulatedPins(factory, [sensor["gpio"] for sensor in sensors])
            context.simulator_commands["pin"] = simulated.drive


class _PinBuilder:
    """Build inputs with libgpiod or gpiozero; the library is loaded when the first pin is read."""

    def __init__(self, name: str, context: InputContext) -> None:
        self._name = name
        self._context = context
        self._factory: Any = None
        self._is_loaded = False
        self._gpiod: Any = None

    def build(self, sensors: "Sequence[SensorPlan]") -> Input | None:
        """Return the input for these sensors, None if gpiozero needs one for each. Raises HardwareUnavailable."""
        queue, now_ms = self._context.queue, self._context.now_ms
        if not self._is_loaded:
            self._gpiod, self._is_loaded = _load_gpiod_for(sensors, self._name), True
        if self._gpiod is not None:
            from .gpiod_input import GpiodInput  # noqa: PLC0415 - only if it is used

            return GpiodInput(sensors, self._gpiod, queue, now_ms)
        from .gpiozero_contact import ContactInput  # noqa: PLC0415 - only if it is used
        from .gpiozero_pulses import PulseInput  # noqa: PLC0415 - only if it is used

        if len(sensors) > 1:
            return None
        pin_input = ContactInput if sensors[0]["kind"] == "contact" else PulseInput
        return pin_input(sensors[0], self.factory(), queue, now_ms)

    def factory(self) -> Any:
        """Return gpiozero's factory, built once. Raises HardwareUnavailable."""
        if self._factory is None:
            from .pin_factory import build_pin_factory  # noqa: PLC0415 - only if it is used

            self._factory = build_pin_factory(self._name)
        return self._factory


def _load_gpiod_for(sensors: "Sequence[SensorPlan]", factory: str) -> Any:
    """Return the module gpiod if it can read these pins, else None; log what counters lose without it."""
    from .gpio_chips import pulse_loss_warning  # noqa: PLC0415 - only if there are pins
    from .pin_reader import KERNEL, gpiod_for  # noqa: PLC0415 - only if there are pins

    gpiod, reason = gpiod_for(factory)
    if gpiod is None and factory == KERNEL and any(sensor["kind"] == "counter" for sensor in sensors):
        log.warning("%s", pulse_loss_warning(factory, reason))
    return gpiod
