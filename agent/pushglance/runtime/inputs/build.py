"""Build the inputs that a Plan needs, and import only their libraries: no gpiozero without pins."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pushglance.runtime.diagnostics.diagnostics import Diagnostics
from pushglance.runtime.interfaces import EventQueue, Input

from .source import InputContext
from .sources import SOURCES

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan
    from pushglance.runtime.node.node_session import NodeSession


def build_inputs(
    plan: "Plan",
    queue: EventQueue,
    now_ms: Callable[[], int],
    node: "NodeSession | None" = None,
    diagnostics: Diagnostics | None = None,
) -> list[Input]:
    """Return the inputs of a Plan, none of them started. Raises HardwareUnavailable if the pins cannot be used.

    `node` publishes on the connection that receives the topics; `diagnostics` gets the reasons for unused payloads.
    """
    context = InputContext(plan, queue, now_ms, node, diagnostics or Diagnostics(plan["sensors"], now_ms))
    for name, source in SOURCES.items():
        source.build([sensor for sensor in plan["sensors"] if sensor["source"] == name], context)
    if plan["hand"]:
        from .simulation.simulator_input import SimulatorInput  # noqa: PLC0415 - only if it is used

        context.inputs.append(SimulatorInput(plan["hand"], context.simulator_commands))
    return context.inputs
