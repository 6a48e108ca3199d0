"""Recordings: CSV files with the columns `unix_time,sensor,value`, read into what an input would have told the core.

- `unix_time`: seconds since 1970 (UTC), fractions allowed, never going back. Of one instant the lines count in order.
- `sensor`: a name of the settings; capitals do not matter.
- `value`: a contact's 1 or 0, open or closed, or its own words; a gauge's number; a text as it is. A counter's running
  total (one that goes down a lot is a new meter); or, where all its values are 1 or 0, a line with 1 for each pulse.

Every mistake is one sentence with the line's number.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from pushglance.core.sensors.decimals import parse
from pushglance.errors import PushglanceError

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

COLUMNS = ["unix_time", "sensor", "value"]
PULSES = "pulses"  # how a counter's lines are to be fed: each one pulse
TOTALS = "totals"  # as running totals
_EARLIEST_S, _LATEST_S = 0, 32_503_680_000  # up to the year 3000: milliseconds in this column are a common mistake
_WORDS = {"1": "open", "open": "open", "on": "open", "true": "open"}
_WORDS |= {"0": "closed", "closed": "closed", "off": "closed", "false": "closed"}


class RecordingError(PushglanceError):
    """Report a recording that cannot be replayed (exit code 1), in one sentence."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Lines in order of time: `at_ms` (unix), `sensor` (name) and `text` as the core takes it.

    `counts` tells for each counter whether its lines are PULSES or TOTALS; `skipped` counts the lines of sensors that
    the settings do not name.
    """

    at_ms: list[int]
    sensor: list[str]
    text: list[str]
    counts: dict[str, str]
    skipped: dict[str, int]


def read_recording(path: Path, sensors: "Sequence[SensorPlan]", *, may_skip: bool = False) -> Recording:
    """Read a recording of these sensors. Raises RecordingError; with `may_skip` other sensors' lines are left out."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return _read(path, csv.reader(file), sensors, may_skip)
    except OSError as error:
        reason = (error.strerror or "it cannot be opened").lower()
        raise RecordingError(f"{path}: cannot read the recording ({reason}); name a CSV file") from None
    except (UnicodeDecodeError, csv.Error):
        raise RecordingError(f"{path}: this is no CSV text in UTF-8; its first line should be {_header()}") from None


def _read(path: Path, rows: Iterator[list[str]], sensors: "Sequence[SensorPlan]", may_skip: bool) -> Recording:
    header = [name.strip().lower() for name in next(rows, [])]
    if header != COLUMNS:
        found = ",".join(header)[:60] or "nothing"
        raise RecordingError(f"{path}, line 1: the first line names the columns, {_header()}; found {found}")
    readers = {sensor["name"]: _Column(sensor) for sensor in sensors}
    at_ms: list[int] = []
    names: list[str] = []
    texts: list[str] = []
    skipped: dict[str, int] = {}
    for number, row in enumerate(rows, start=2):
        if not row:
            continue
        if len(row) != len(COLUMNS):
            raise RecordingError(f"{path}, line {number}: {len(row)} values instead of {_header()}")
        name = row[1].strip().lower()
        column = readers.get(name)
        if column is None:
            if not may_skip:
                raise RecordingError(f"{path}, line {number}: {_unknown(row[1].strip(), list(readers))}")
            skipped[row[1].strip()] = skipped.get(row[1].strip(), 0) + 1
            continue
        text = column.read(row[2].strip())
        if text is None:
            raise RecordingError(f"{path}, line {number}: {column.complaint(row[2].strip())}")
        at_ms.append(_instant_ms(path, number, row[0], at_ms[-1] if at_ms else 0))
        names.append(name)
        texts.append(text)
    if not at_ms:
        raise RecordingError(f"{path}: no line of a sensor that the settings name, so there is nothing to replay")
    counts = {name: column.counts for name, column in readers.items() if column.kind == "counter"}
    return Recording(at_ms, names, texts, counts, skipped)


def _header() -> str:
    return ",".join(COLUMNS)


def _instant_ms(path: Path, number: int, text: str, before_ms: int) -> int:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not _EARLIEST_S <= seconds < _LATEST_S:
        told = "is no time; write seconds since 1970 (UTC), e.g. 1489017407 or 1489017407.25"
        raise RecordingError(f"{path}, line {number}: {text.strip()[:40]!r} {told}")
    at_ms = round(seconds * 1000)
    if at_ms < before_ms:
        told = "is earlier than the line before; sort the lines by time, e.g. with sort -s -n"
        raise RecordingError(f"{path}, line {number}: {text.strip()} {told}")
    return at_ms


def _unknown(name: str, known: list[str]) -> str:
    guess = get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    listed = f"did you mean {guess[0]}?" if guess else f"they name {', '.join(known) or 'none'}."
    return (
        f"the settings name no sensor {name!r}; {listed} Rename it, add [sensors.{name.lower()}], or pass over "
        "such lines with --skip-unknown"
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
        self._known: dict[str, str | None] = {}  # recordings repeat themselves: most values were read before
        self.counts = PULSES

    def read(self, value: str) -> str | None:
        """Return a value as the core takes it, None if it is none of this sensor's."""
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

    def complaint(self, value: str) -> str:
        """Return what is wrong with a value and what would be right."""
        allowed = {
            "contact": "a contact is 1 or 0, open or closed",
            "gauge": "a gauge is a number, e.g. 21.5",
            "counter": "a counter is a running total, e.g. 1234, or 1 for each pulse",
        }
        return f"{value[:40]!r} is no value of {self._name}; {allowed[self.kind]}"
