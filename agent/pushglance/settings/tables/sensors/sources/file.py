"""Sensors in files of this computer: 1-Wire, IIO, hwmon, the processor's temperature, or any text file."""

import os
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from pushglance.settings.errors.issues import ValueProblem, may_be_shown
from pushglance.settings.tables.sensors.kinds import ContactKeys, CounterKeys
from pushglance.settings.tables.sensors.sensor import SensorKeys
from pushglance.settings.tables.table import Table
from pushglance.settings.values.durations import Duration, DurationRange

from .mqtt import (
    NumberPayloadKeys,
    PayloadKeys,
    ThresholdKeys,
    WordKeys,
    contact_meaning,
    number_plan,
    payloads_of,
    threshold_plan,
)
from .source import SensorSource, keys_of


def _check_file(written: str) -> str:
    if not written.startswith("/") or "\0" in written or len(written) > 1000:
        raise ValueProblem("this is the whole path of a file", f'"{_path_meant(written)}"')
    if "**" in written or written.startswith("/*"):
        raise ValueProblem("* stands for a part of one folder's or file's name, and not for the first folder")
    return written


def _path_meant(written: str) -> str:
    """Return the whole path that is meant by one below the home folder, or one without its first slash."""
    path = os.path.expanduser(written)  # noqa: PTH111 - Path.expanduser raises without a home
    path = path if path.startswith("/") else f"/{path}"
    return path if may_be_shown(path) and ":" not in path else "/sys/class/thermal/thermal_zone0/temp"


class FileKeys(PayloadKeys):
    """Keys of every sensor in a file."""

    file: Annotated[str, AfterValidator(_check_file)] | None = Field(
        default=None,
        description="The file that holds the value, with its whole path; * may stand for a part of a name, e.g. "
        "/sys/bus/w1/devices/28-*/temperature.",
    )
    every: Annotated[Duration, DurationRange("1s", "1d")] = Field(
        default=Duration(60_000, "1min"), description="How often the file is read, 1s to 1d."
    )


class ContactFileKeys(FileKeys, WordKeys, ThresholdKeys):
    """Keys of a contact in a file."""


class NumberFileKeys(FileKeys, NumberPayloadKeys):
    """Keys of a gauge or a running total in a file."""


class FileSource(SensorSource):
    """Files of this computer."""

    key = "file"
    plan_source = "file"
    place = "a file"
    places = "files"
    example = 'file = "/PATH"'
    is_local = True

    def keys(self, kind: str) -> type[Table] | None:
        """Return the keys of the kinds that a file can hold."""
        models: dict[str, type[Table]] = {
            "contact": ContactFileKeys,
            "counter": NumberFileKeys,
            "gauge": NumberFileKeys,
            "text": FileKeys,
        }
        return models.get(kind)

    def plan_keys(self, name: str, sensor: SensorKeys, node_prefix: str) -> dict[str, Any]:
        """Return the file, when it is read, and how its content is read."""
        del name, node_prefix
        keys = keys_of(sensor, FileKeys)
        plan: dict[str, Any] = {"file": keys.file, "every_ms": keys.every.ms, "pointer": keys.value}
        if keys.unknown_payloads is not None:
            plan["unknown_payloads"] = list(keys.unknown_payloads)
        if isinstance(keys, ContactFileKeys):
            opened, closed = payloads_of(sensor)
            plan |= {"open_payloads": opened, "closed_payloads": closed}
            plan |= threshold_plan(keys, is_inverted=isinstance(sensor, ContactKeys) and sensor.invert)
        if isinstance(keys, NumberPayloadKeys):
            plan |= number_plan(keys)
        if isinstance(sensor, CounterKeys):
            plan["counts"] = "total"
        return plan

    def title(self, sensor: SensorKeys) -> str:
        """Return the file, and where in it the value is."""
        keys = keys_of(sensor, FileKeys)
        return f"file {keys.file}" + (f", value {keys.value}" if keys.value else "")

    def overview(self, sensor: SensorKeys) -> Iterator[str]:
        """Yield how often the file is read, and what its content means for a contact."""
        keys = keys_of(sensor, FileKeys)
        if isinstance(sensor, ContactKeys) and isinstance(keys, ContactFileKeys):
            yield contact_meaning(sensor, keys)
        yield f"read every {keys.every}"
