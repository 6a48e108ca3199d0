"""The sources of sensors: one module and one row for each. agent/README.md has the recipe for a new one.

The daemon's half of the table is runtime/inputs/sources.py: pydantic must stay out of the daemon.
"""

from .file import FileSource
from .gpio import GpioSource
from .group import GroupSource
from .mqtt import MqttSource
from .node import NodeSource
from .source import SensorSource

_ROWS: tuple[SensorSource, ...] = (
    GpioSource(),
    MqttSource(),
    FileSource(),
    NodeSource(),
    GroupSource(),
)
SOURCES: dict[str, SensorSource] = {source.key: source for source in _ROWS}
