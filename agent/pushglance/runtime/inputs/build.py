"""Which inputs a Plan asks for.

What it does not ask for is not imported: no gpiozero without pins, no paho without topics.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pushglance.runtime.ports import Input, Mailbox

from .contact import ContactInput
from .pulses import PulseInput

if TYPE_CHECKING:
    from pushglance.core.shapes import Plan, SensorPlan

    from .topic_router import TopicRouter


def build_inputs(plan: "Plan", mailbox: Mailbox, now_ms: Callable[[], int]) -> list[Input]:
    """Return the inputs of a Plan, none of them started; raises HardwareUnavailable if there is no way to the pins."""
    pins = [sensor for sensor in plan["sensors"] if sensor["source"] == "gpio"]
    topics = [sensor for sensor in plan["sensors"] if sensor["source"] == "mqtt"]
    inputs: list[Input] = []
    factory = None
    if pins:
        from .pin_factory import build_pin_factory  # noqa: PLC0415 - as the docstring says

        factory = build_pin_factory(plan["gpio"]["factory"])
        inputs += [_pin_input(sensor, factory, mailbox, now_ms) for sensor in pins]
    router = None
    if topics and (plan["mqtt"] or plan["hand"]):
        from .topic_router import TopicRouter  # noqa: PLC0415 - as the docstring says

        router = TopicRouter(topics, mailbox, now_ms)
    if plan["mqtt"] and router:
        from .mqtt_topics import TopicInput  # noqa: PLC0415 - as the docstring says

        inputs.append(TopicInput(plan["mqtt"], plan["secrets"]["mqtt_password"], router, now_ms))
    if plan["hand"]:
        inputs.append(_hand(plan, router, factory, pins))
    return inputs


def _pin_input(sensor: "SensorPlan", factory: Any, mailbox: Mailbox, now_ms: Callable[[], int]) -> Input:
    if sensor["kind"] == "contact":
        return ContactInput(sensor, factory, mailbox, now_ms)
    return PulseInput(sensor, factory, mailbox, now_ms)


def _hand(plan: "Plan", router: "TopicRouter | None", factory: Any, pins: "list[SensorPlan]") -> Input:
    from .hand import Hand  # noqa: PLC0415 - as the docstring says

    is_mock = plan["gpio"]["factory"] == "mock"
    return Hand(plan["hand"], router, factory if is_mock else None, [sensor["gpio"] for sensor in pins])
