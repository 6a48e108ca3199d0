"""The source "file": sensors in files of this computer."""

from functools import partial
from typing import TYPE_CHECKING

from pushglance.runtime.inputs.source import InputContext, InputSource
from pushglance.runtime.plan_shapes import Shape, is_flag, is_positive, is_text, list_of, one_of, shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pushglance.core.plan_types import SensorPlan

    from .file_input import FileInput

_FILE = shape(file=is_text, every_ms=is_positive, pointer=is_text)
_SHAPES = {
    "contact": _FILE | shape(open_payloads=list_of(is_text), closed_payloads=list_of(is_text)),
    "counter": _FILE | shape(counts=one_of("total")),
    "gauge": _FILE,
    "text": _FILE,
}


class FileInputs(InputSource):
    """Files of this computer."""

    noun = "file"

    def shape(self, kind: str) -> Shape | None:
        """Return the keys of the kinds that a file can hold."""
        return _SHAPES.get(kind)

    def options(self, kind: str) -> Shape:
        """Return the keys that say how a content is read, for any kind."""
        del kind
        return shape(payload_unit=is_text, decimal_comma=is_flag, unknown_payloads=list_of(is_text))

    def build(self, sensors: "Sequence[SensorPlan]", context: InputContext) -> None:
        """Add one input for each file; in a simulation only the lines of its FIFO are read."""
        if not sensors:
            return
        from .file_input import FileInput  # noqa: PLC0415 - only if it is used

        inputs = [FileInput(sensor, context.queue, context.now_ms) for sensor in sensors]
        if context.plan["hand"]:
            context.simulator_commands["file"] = partial(deliver_line, inputs)
        else:
            context.inputs.extend(inputs)


def deliver_line(inputs: "list[FileInput]", line: bytes) -> str:
    """Deliver a simulated content, e.g. b"/sys/class/thermal/thermal_zone0/temp 48312"; return an error, or ""."""
    path, _, content = line.strip().partition(b" ")
    matching = [file_input for file_input in inputs if file_input.pattern == path.decode("utf-8", "replace")]
    for file_input in matching:
        file_input.deliver(content)
    return "" if matching else "no sensor reads that file"
