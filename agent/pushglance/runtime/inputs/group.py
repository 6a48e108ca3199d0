"""The source "group": other sensors. The core combines them, so there is nothing to read."""

from typing import TYPE_CHECKING

from pushglance.runtime.inputs.source import InputContext, InputSource
from pushglance.runtime.plan_shapes import Shape, is_text, list_of, shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pushglance.core.plan_types import SensorPlan


class GroupInputs(InputSource):
    """Other sensors of this agent."""

    noun = "group"

    def shape(self, kind: str) -> Shape | None:
        """Return the keys of a group."""
        return shape(members=list_of(is_text), labels=list_of(is_text)) if kind == "group" else None

    def build(self, sensors: "Sequence[SensorPlan]", context: InputContext) -> None:
        """Add nothing."""
