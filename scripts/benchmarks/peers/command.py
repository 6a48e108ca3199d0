"""`scripts/bench peers`: compare pushglance with other programs that do the same job, in turns, in one run.

The job: a door on an MQTT topic, with one POST per change, and a number whose noise must be ignored. mqttwarn and
mqtt-io come from PyPI, Node-RED from npm, mosquitto from Debian; each is installed into its own folder in the user's
cache directory. Two minimal programs, a paho loop and a bare socket, show the lower limit. Figures are medians over the
rounds; ratios carry over to other machines, milliseconds do not.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

from .brokers import mosquitto_version
from .installations import MQTT_IO, MQTTWARN, NODE_RED, NotInstalledError
from .measures import FOR_ALL, FULL, MEASURES, QUICK, Effort, Figures
from .programs import Program, all_programs, python_version
from .report import Raw, table

_ROUNDS = {"start": 10, "memory": 1, "idle": 1, "latency": 3, "ignored": 3, "burst": 3, "changes": 1}
_QUICK_ROUNDS = {"start": 1, "memory": 1, "idle": 1, "latency": 1, "ignored": 1, "burst": 1, "changes": 1}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true", help="one round, short waits: under 3 minutes")
    parser.add_argument("--only", choices=MEASURES, metavar="MEASURE", help=f"only this one of {', '.join(MEASURES)}")
    parser.add_argument(
        "--programs",
        default="",
        metavar="WORDS",
        help="only programs whose name contains one of these words, separated by commas",
    )
    parser.add_argument("--rounds", type=int, help="rounds per measure")
    parser.add_argument("--json", type=Path, metavar="OUT", help="also write all raw figures as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Install the programs, measure them in turns, print the table."""
    programs = _installed(arguments.programs)
    effort = QUICK if arguments.quick else FULL
    raw: Raw = {}
    for measure in [arguments.only] if arguments.only else MEASURES:
        rounds = arguments.rounds or (_QUICK_ROUNDS if arguments.quick else _ROUNDS)[measure]
        _log(f"{measure}: {rounds} rounds")
        measured = [
            program for program in programs if (program.acts and not program.only_at_rest) or measure in FOR_ALL
        ]
        for _ in range(rounds):
            _run_round(measure, measured, effort, raw)
    names = [program.name for program in programs]
    print(table(raw, names))
    if arguments.json:
        figures = {"machine": _machine(), "versions": _versions(), "figures": raw}
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


def _installed(words: str) -> list[Program]:
    """Install and return the selected programs; log the reason for each one that cannot be installed."""
    selected = [word.strip().lower() for word in words.split(",") if word.strip()]
    programs = []
    for program in all_programs():
        if selected and not any(word in program.name.lower() for word in selected):
            continue
        try:
            program.install()
        except (NotInstalledError, OSError, subprocess.TimeoutExpired) as reason:
            _log(f"{program.name} is not measured: {reason}")
        else:
            programs.append(program)
    if not programs:
        sys.exit("no program can be measured")
    return programs


def _run_round(measure: str, programs: list[Program], effort: Effort, raw: Raw) -> None:
    at_once = len(programs) if measure in effort.at_once else 1
    with ThreadPoolExecutor(at_once) as pool:
        for program, figures in zip(
            programs, pool.map(lambda program: _measure(measure, program, effort), programs), strict=True
        ):
            for figure, values in figures.items():
                raw.setdefault(figure, {}).setdefault(program.name, []).extend(values)


def _measure(measure: str, program: Program, effort: Effort) -> Figures:
    start_s = time.monotonic()
    try:
        figures = MEASURES[measure](program, effort)
    except (OSError, TimeoutError) as reason:
        _log(f"{measure} of {program.name} failed: {reason}")
        return {}
    _log(f"  {measure} of {program.name}, {time.monotonic() - start_s:.0f} s")
    return figures


def _machine() -> dict[str, object]:
    return {
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "system": platform.freedesktop_os_release()["PRETTY_NAME"],
    }


def _versions() -> dict[str, str]:
    packages = dict(package.split("@" if "@" in package else "==") for package in (MQTTWARN, MQTT_IO, NODE_RED))
    return packages | {"python": python_version(), "paho-mqtt": version("paho-mqtt"), "mosquitto": mosquitto_version()}


def _log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
