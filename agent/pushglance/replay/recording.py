"""Read recordings: CSV files with the columns `unix_time,sensor,value`.

- `unix_time`: seconds since 1970 (UTC), with or without a fraction, never decreasing. Lines of one instant count in
  order.
- `sensor`: a name from the settings; upper and lower case are equal.
- `value`: for a contact 1 or 0, open or closed, or the payloads from its settings; for a gauge a number; for a text any
  text; for a counter a running total (a much smaller one means a new meter) or, if all its values are 1 or 0, 1 per
  pulse.

Each error is one sentence with the number of the line.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from pushglance.core.sensors.decimals import parse
from pushglance.errors import PushglanceError, file_problem
from pushglance.settings.tables.sensors.sources.mqtt import CLOSED_PAYLOADS, OPEN_PAYLOADS

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

COLUMNS = ["unix_time", "sensor", "value"]
PULSES = "pulses"  # each line of a counter is one pulse
TOTALS = "totals"  # the lines of a counter are running totals
_EARLIEST_S, _LATEST_S = 0, 32_503_680_000  # the year 3000; rejects milliseconds, a common error
_WORDS = dict.fromkeys(OPEN_PAYLOADS, "open") | dict.fromkeys(CLOSED_PAYLOADS, "closed")


class RecordingError(PushglanceError):
    """A recording cannot be replayed (exit code 1)."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Lines in order of time: `at_ms` (unix), `sensor` (name) and `text` as the core reads it.

    `counts` maps each counter to PULSES or TOTALS. `skipped` counts the lines of sensors that are not in the settings.
    """

    at_ms: list[int]
    sensor: list[str]
    text: list[str]
    counts: dict[str, str]
    skipped: dict[str, int]


def read_recording(path: Path, sensors: "Sequence[SensorPlan]", *, may_skip: bool = False) -> Recording:
    """Read a recording of these sensors, with `may_skip` without the lines of others. Raises RecordingError."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return _read(path, csv.reader(file), sensors, may_skip)
    except OSError as error:
        raise RecordingError(f"{path}: cannot read the recording ({file_problem(error)}); name a CSV file") from None
    except (UnicodeDecodeError, csv.Error):
        raise RecordingError(f"{path}: not a CSV file in UTF-8; its first line must be {_header()}") from None


def _read(path: Path, rows: Iterator[list[str]], sensors: "Sequence[SensorPlan]", may_skip: bool) -> Recording:
    header = [name.strip().lower() for name in next(rows, [])]
    if header != COLUMNS:
        actual = ",".join(header)[:60] or "empty"
        raise RecordingError(f"{path}, line 1: the first line must be {_header()}; it is {actual}")
    readers = {sensor["name"]: _Column(sensor) for sensor in sensors}
    at_ms: list[int] = []
    names: list[str] = []
    texts: list[str] = []
    skipped: dict[str, int] = {}
    for number, row in enumerate(rows, start=2):
        if not row:
            continue
        if len(row) != len(COLUMNS):
            raise RecordingError(f"{path}, line {number}: {len(row)} values; write 3: {_header()}")
        name = row[1].strip().lower()
        column = readers.get(name)
        if column is None:
            if not may_skip:
                raise RecordingError(f"{path}, line {number}: {_unknown(row[1].strip(), list(readers))}")
            skipped[row[1].strip()] = skipped.get(row[1].strip(), 0) + 1
            continue
        text = column.read(row[2].strip())
        if text is None:
            raise RecordingError(f"{path}, line {number}: {column.error_text(row[2].strip())}")
        at_ms.append(_instant_ms(path, number, row[0], at_ms[-1] if at_ms else 0))
        names.append(name)
        texts.append(text)
    if not at_ms:
        raise RecordingError(f"{path}: no line of a sensor in the settings, so there is nothing to replay")
    counts = {name: column.counts for name, column in readers.items() if column.kind == "counter"}
    return Recording(at_ms, names, texts, counts, skipped)


def _header() -> str:
    return ",".join(COLUMNS)


def _instant_ms(path: Path, number: int, text: str, previous_ms: int) -> int:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not _EARLIEST_S <= seconds < _LATEST_S:
        problem = "is not a valid time; write seconds since 1970 (UTC), e.g. 1489017407 or 1489017407.25"
        raise RecordingError(f"{path}, line {number}: {text.strip()[:40]!r} {problem}")
    at_ms = round(seconds * 1000)
    if at_ms < previous_ms:
        problem = "is earlier than the line before; sort the lines by time, e.g. with sort -s -n"
        raise RecordingError(f"{path}, line {number}: {text.strip()} {problem}")
    return at_ms


def _unknown(name: str, known: list[str]) -> str:
    guess = get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    suggestion = f"did you mean {guess[0]}?" if guess else f"known: {', '.join(known) or 'none'}."
    return (
        f"unknown sensor {name!r}; {suggestion} Rename it, add [sensors.{name.lower()}] to the settings, or skip such "
        "lines with --skip-unknown"
    )


class _Column:
    """Read the values of one sensor."""

    def __init__(self, sensor: "SensorPlan") -> None:
        self._name = sensor["name"]
        self.kind = sensor["kind"]
        self._words = dict(_WORDS)
        self._words |= dict.fromkeys(sensor.get("open_payloads", ()), "open")
        self._words |= dict.fromkeys(sensor.get("closed_payloads", ()), "closed")
        self._decimals = sensor.get("decimals", 0)
        self._known: dict[str, str | None] = {}  # values repeat: most were parsed before
        self.counts = PULSES

    def read(self, value: str) -> str | None:
        """Return a value as the core reads it, or None if it is not valid for this sensor."""
        if value not in self._known:
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[value] = self._parse(value)
        return self._known[value]

    def _parse(self, value: str) -> str | None:
        if self.kind == "text":
            return value
        if self.kind == "contact":
            word = value.lower()
            return self._words.get(word) or self._words.get(word.removesuffix(".0"))
        number = parse(value, self._decimals if self.kind == "gauge" else 0)
        if number is None or (self.kind == "counter" and number < 0):
            return None
        if self.kind == "counter" and number > 1:
            self.counts = TOTALS
        return value

    def error_text(self, value: str) -> str:
        """Return what is wrong with a value and what is allowed."""
        allowed = {
            "contact": "a contact is 1 or 0, open or closed",
            "gauge": "a gauge is a number, e.g. 21.5",
            "counter": "a counter is a running total, e.g. 1234, or 1 per pulse",
        }
        return f"{value[:40]!r} is not a valid value of {self._name}; {allowed.get(self.kind, 'write a number')}"
