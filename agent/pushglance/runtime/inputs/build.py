"""Which inputs a Plan asks for.

What it does not ask for is not imported: no gpiozero without pins, no paho without topics. Real pins on the kernel's
own chip (lgpio's) are read by libgpiod 2, which sleeps until there is an edge and knows what it loses; where that is
absent, and on every other way to the pins, by gpiozero.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pushglance.runtime.interfaces import EventQueue, Input

from .gpio.gpio_chips import load_gpiod, without_gpiod
from .gpio.gpiozero_contact import ContactInput
from .gpio.gpiozero_pulses import PulseInput

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan, SensorPlan
    from pushglance.runtime.node.mqtt_node import MqttNode

    from .mqtt.topic_router import TopicRouter

log = logging.getLogger("pushglance")


def build_inputs(
    plan: "Plan", queue: EventQueue, now_ms: Callable[[], int], node: "MqttNode | None" = None
) -> list[Input]:
    """Return the inputs of a Plan, none of them started; raises HardwareUnavailable if there is no way to the pins.

    What `node` has to say is published on the connection that brings the topics.
    """
    pins = [sensor for sensor in plan["sensors"] if sensor["source"] == "gpio"]
    topics = [sensor for sensor in plan["sensors"] if sensor["source"] == "mqtt"]
    inputs: list[Input] = []
    gpiod = _gpiod_for(plan, pins)
    factory = None
    if gpiod is not None:
        from .gpio.gpiod_input import GpiodInput  # noqa: PLC0415 - as the docstring says

        inputs.append(GpiodInput(pins, gpiod, queue, now_ms))
    elif pins:
        from .gpio.pin_factory import build_pin_factory  # noqa: PLC0415 - as the docstring says

        factory = build_pin_factory(plan["gpio"]["factory"])
        inputs += [_pin_input(sensor, factory, queue, now_ms) for sensor in pins]
    router = None
    if (topics and (plan["mqtt"] or plan["hand"])) or node:
        from .mqtt.topic_router import TopicRouter  # noqa: PLC0415 - as the docstring says

        router = TopicRouter(topics, queue, now_ms)
    if plan["mqtt"] and router:
        from .mqtt.mqtt_connection import MqttConnection  # noqa: PLC0415 - as the docstring says

        inputs.append(MqttConnection(plan["mqtt"], plan["secrets"]["mqtt_password"], router, now_ms, node=node))
    if plan["hand"]:
        inputs.append(_hand(plan, router, factory, pins))
    return inputs


def _gpiod_for(plan: "Plan", pins: "list[SensorPlan]") -> Any:
    """Return libgpiod's module where it reads these pins, else None; what that costs counters is said."""
    if not pins or plan["gpio"]["factory"] != "lgpio":
        return None
    gpiod, why = load_gpiod()
    if gpiod is None and any(sensor["kind"] == "counter" for sensor in pins):
        log.warning("%s", without_gpiod("lgpio", why))
    return gpiod


def _pin_input(sensor: "SensorPlan", factory: Any, queue: EventQueue, now_ms: Callable[[], int]) -> Input:
    if sensor["kind"] == "contact":
        return ContactInput(sensor, factory, queue, now_ms)
    return PulseInput(sensor, factory, queue, now_ms)


def _hand(plan: "Plan", router: "TopicRouter | None", factory: Any, pins: "list[SensorPlan]") -> Input:
    from .simulation.simulator_input import SimulatorInput  # noqa: PLC0415 - as the docstring says

    is_mock = plan["gpio"]["factory"] == "mock"
    return SimulatorInput(plan["hand"], router, factory if is_mock else None, [sensor["gpio"] for sensor in pins])
