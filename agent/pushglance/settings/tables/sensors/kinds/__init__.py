"""The kinds of sensors: one module and one row for each. agent/README.md has the recipe for a new one."""

from pushglance.settings.tables.sensors.sensor import SensorKeys

from .contact import Contact
from .counter import Counter
from .gauge import Gauge
from .text import Text

__all__ = ["KIND_MODELS", "Contact", "Counter", "Gauge", "Text"]

KIND_MODELS: tuple[type[SensorKeys], ...] = (Contact, Counter, Gauge, Text)
