"""Real recordings, where they are present: `unix_time,sensor,value`, and what being wrong about each sensor costs."""

import csv
from pathlib import Path

import numpy as np

from pushglance.replay.trace import CONTACT, DAY_MS, NUMBER, Trace, TracedSensor, make_trace

DAYS = 220  # of each recording are measured, unless all are asked for


def _climate(name: str, significant_change: float) -> TracedSensor:
    return TracedSensor(name, NUMBER, 0.2, significant_change)


# Where they begin: there the simplest baselines score about as in the tables that they are compared with.
FIRST_DAY = {"door_lab_3y": 110, "ampds_water_pulse": 19, "osh_climate": 0}


# What the sensors of each recording are; a sensor that is not named here is left out.
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


def present(folder: Path) -> list[str]:
    """Return the names of the recordings that lie in `folder`."""
    return [name for name in RECORDINGS if (folder / f"{name}.csv").is_file()]


def recording(folder: Path, name: str, days: int | None = DAYS, first_day: int | None = None) -> Trace:
    """Return a recording as a trace of whole UTC days; None takes all that there are, from FIRST_DAY on."""
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
    kept = whole_days if days is None else min(days, whole_days)
    return make_trace(sensors, first, (at_ms - start_ms, which, value), kept)
