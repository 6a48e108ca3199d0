"""The interface of a source of sensors for the daemon: the shape of its Plans, and the inputs built from them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pushglance.runtime.diagnostics.diagnostics import Diagnostics
from pushglance.runtime.interfaces import EventQueue, Input
from pushglance.runtime.plan_shapes import Shape

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan, SensorPlan
    from pushglance.runtime.node.node_session import NodeSession

SimulatorCommand = Callable[[bytes], str]  # gets a line without its first word; returns an error, "" if there is none


class InputContext:
    """The arguments for building inputs, and the inputs and simulator commands built so far."""

    def __init__(
        self,
        plan: "Plan",
        queue: EventQueue,
        now_ms: Callable[[], int],
        node: "NodeSession | None",
        diagnostics: Diagnostics,
    ) -> None:
        self.plan = plan
        self.queue = queue
        self.now_ms = now_ms
        self.node = node  # publishes on the connection that receives the topics
        self.diagnostics = diagnostics  # gets the reason for each payload that has no value
        self.inputs: list[Input] = []
        self.simulator_commands: dict[str, SimulatorCommand] = {}  # first word of a simulator's line -> command


class InputSource:
    """Base of the rows of `SOURCES`."""

    noun = ""  # for the status page, e.g. "pin"

    def shape(self, kind: str) -> Shape | None:
        """Return the keys that a sensor's Plan has from this source, None if it cannot provide the kind."""
        raise NotImplementedError

    def options(self, kind: str) -> Shape:
        """Return the keys that a sensor's Plan may have from this source, or not."""
        del kind
        return {}

    def build(self, sensors: "Sequence[SensorPlan]", context: InputContext) -> None:
        """Add the inputs of these sensors, not started, to `context`. Raises HardwareUnavailable."""
        raise NotImplementedError
