"""The sources of sensors: one package and one row for each. agent/README.md has the recipe for a new one.

The other half of the table is settings/tables/sensors/sources: pydantic must stay out of the daemon. A node's readings
come as messages, so "mqtt" reads them. The modules imported here are small: a source imports its library in `build`.
"""

from .file.source import FileInputs
from .gpio.source import GpioInputs
from .group import GroupInputs
from .mqtt.source import MqttInputs
from .source import InputSource

SOURCES: dict[str, InputSource] = {
    "gpio": GpioInputs(),
    "mqtt": MqttInputs(),
    "file": FileInputs(),
    "group": GroupInputs(),
}
