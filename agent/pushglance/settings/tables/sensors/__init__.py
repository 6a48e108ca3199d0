"""Sensors: a sensor is a kind (contact, counter, gauge, text) and a source (a pin, a topic, a node).

`KIND_MODELS` and `SOURCES` are the two tables. `KINDS` combines them: the model of a kind has the kind's own keys and
the keys of every source that can provide it, because the settings file has both next to each other.
"""

from typing import TYPE_CHECKING, Annotated, Any, Union, get_args

from pydantic import Field, create_model

from .kinds import KIND_MODELS, ContactKeys, CounterKeys, GaugeKeys, GroupKeys, TextKeys
from .kinds.contact import Settle
from .sensor import SensorKeys
from .sources import SOURCES
from .sources.source import SensorSource

__all__ = [
    "KINDS",
    "SOURCES",
    "ContactKeys",
    "CounterKeys",
    "GaugeKeys",
    "GroupKeys",
    "Sensor",
    "SensorKeys",
    "SensorSource",
    "Settle",
    "TextKeys",
    "needs_broker",
    "source_of",
    "sources_of",
]


def _kind_of(model: type[SensorKeys]) -> str:
    """Return the one value that the field `kind` of a model allows."""
    [kind] = get_args(model.model_fields["kind"].annotation)
    return str(kind)


def _with_sources(model: type[SensorKeys]) -> type[SensorKeys]:
    """Return a model, named after the kind, that also has the keys of the sources that can provide the kind."""
    parts = [keys for source in SOURCES.values() if (keys := source.keys(_kind_of(model))) is not None]
    # pydantic takes the fields of the last base first: the kind's own keys, then those of the sources in their order.
    bases: tuple[Any, ...] = (*reversed(parts), model)
    name = model.__name__.removesuffix("Keys")
    return create_model(name, __base__=bases, __doc__=model.__doc__, __module__=__name__)


KINDS: dict[str, type[SensorKeys]] = {_kind_of(model): _with_sources(model) for model in KIND_MODELS}

if TYPE_CHECKING:
    Sensor = SensorKeys
else:
    Sensor = Annotated[Union[tuple(KINDS.values())], Field(discriminator="kind")]  # noqa: UP007 - made of a table


def sources_of(sensor: SensorKeys) -> list[SensorSource]:
    """Return the sources whose keys a sensor has: exactly one in valid settings."""
    return [source for key, source in SOURCES.items() if getattr(sensor, key, None) is not None]


def source_of(sensor: SensorKeys) -> SensorSource:
    """Return the source of a sensor of valid settings."""
    [source] = sources_of(sensor)
    return source


def needs_broker(sensor: SensorKeys) -> bool:
    """Return True if a sensor's values come through an MQTT broker."""
    return any(source.needs_broker for source in sources_of(sensor))
