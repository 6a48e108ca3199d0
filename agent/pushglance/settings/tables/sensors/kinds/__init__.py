"""The kinds of sensors: one module and one row for each. agent/README.md has the recipe for a new one."""

from pushglance.settings.tables.sensors.sensor import SensorKeys

from .contact import ContactKeys
from .counter import CounterKeys
from .gauge import GaugeKeys
from .group import GroupKeys
from .text import TextKeys

__all__ = ["KIND_MODELS", "ContactKeys", "CounterKeys", "GaugeKeys", "GroupKeys", "TextKeys"]

KIND_MODELS: tuple[type[SensorKeys], ...] = (ContactKeys, CounterKeys, GaugeKeys, GroupKeys, TextKeys)
