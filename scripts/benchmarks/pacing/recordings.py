"""Real recordings (CSV: `unix_time,sensor,value`), and the cost of showing each of their sensors wrong."""

import csv
from pathlib import Path

import numpy as np

from pushglance.replay.trace import CONTACT, DAY_MS, NUMBER, Trace, TracedSensor, make_trace

DAYS = 220  # measured days of each recording by default


def _climate(name: str, significant_change: float) -> TracedSensor:
    return TracedSensor(name, NUMBER, 0.2, significant_change)


# First measured day; chosen so that the simplest baselines score as in earlier tables.
FIRST_DAY = {"door_lab_3y": 110, "ampds_water_pulse": 19, "osh_climate": 0}


# The sensors of each recording; others are left out.
RECORDINGS: dict[str, tuple[TracedSensor, ...]] = {
    "door_lab_3y": (TracedSensor("door", CONTACT, 1.0, is_urgent=True),),
    "ampds_water_pulse": (TracedSensor("water_l", NUMBER, 0.2, 50),),
    "osh_climate": (
        _climate("Kitchen_Temperature", 1),
        _climate("Kitchen_Humidity", 5),
        _climate("Kitchen_Brightness", 100),
        _climate("Room2_OutdoorTemperature", 2),
    ),
}


def available(folder: Path) -> list[str]:
    """Return the names of the recordings in `folder`."""
    return [name for name in RECORDINGS if (folder / f"{name}.csv").is_file()]


def load_recording(folder: Path, name: str, days: int | None = DAYS, first_day: int | None = None) -> Trace:
    """Return a recording as a trace of whole UTC days, from FIRST_DAY on; `days` None means all."""
    sensors = RECORDINGS[name]
    columns = {sensor.name: column for column, sensor in enumerate(sensors)}
    with (folder / f"{name}.csv").open(newline="") as file:
        rows = [row for row in csv.reader(file) if row[1] in columns]
    at_ms = np.array([round(float(row[0]) * 1000) for row in rows], dtype=np.int64)
    which = np.array([columns[row[1]] for row in rows])
    value = np.array([float(row[2]) for row in rows])
    start_ms = (-(-at_ms[0] // DAY_MS) + (FIRST_DAY[name] if first_day is None else first_day)) * DAY_MS
    whole_days = int((at_ms[-1] - start_ms) // DAY_MS)
    first = [value[which == column][0] for column in range(len(sensors))]
    count = whole_days if days is None else min(days, whole_days)
    return make_trace(sensors, first, (at_ms - start_ms, which, value), count)
