"""`scripts/bench peers`: pushglance beside what people would run instead, doing the same job, in turns, in one run.

The job: a door on an MQTT topic, each change of which is one POST, and a number that has to be ignored while it only
trembles. mqttwarn and mqtt-io come from PyPI, Node-RED from npm, mosquitto from Debian; each is installed in a place of
its own in the user's cache directory. Two floors show what is left to win: a bare paho loop, and a bare socket.
Figures are medians over the rounds; ratios carry over to other machines, milliseconds do not.
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
from .installs import MQTT_IO, MQTTWARN, NODE_RED, NotInstalledError
from .measures import FOR_ALL, FULL, MEASURES, QUICK, Effort, Figures
from .programs import Program, all_programs, python_version
from .report import Raw, table

_ROUNDS = {"start": 10, "memory": 1, "idle": 1, "latency": 3, "ignored": 3, "burst": 3, "changes": 1}
_QUICK_ROUNDS = {"start": 1, "memory": 1, "idle": 1, "latency": 1, "ignored": 1, "burst": 1, "changes": 1}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what may be asked."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true", help="one round of most, short waits: under 3 minutes")
    parser.add_argument("--only", choices=MEASURES, metavar="MEASURE", help=f"one of {', '.join(MEASURES)}")
    parser.add_argument("--programs", default="", metavar="WORDS", help="only those with one of these words, by commas")
    parser.add_argument("--rounds", type=int, help="how often each program has its turn")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all raw figures as JSON, too")


def run(arguments: argparse.Namespace) -> None:
    """Install, measure in turns, print."""
    programs = _installed(arguments.programs)
    effort = QUICK if arguments.quick else FULL
    raw: Raw = {}
    for measure in [arguments.only] if arguments.only else MEASURES:
        rounds = arguments.rounds or (_QUICK_ROUNDS if arguments.quick else _ROUNDS)[measure]
        _say(f"{measure}: {rounds} rounds")
        takes_part = [one for one in programs if (one.acts and not one.only_at_rest) or measure in FOR_ALL]
        for _ in range(rounds):
            _round(measure, takes_part, effort, raw)
    names = [program.name for program in programs]
    print(table(raw, names))
    if arguments.json:
        told = {"machine": _machine(), "versions": _versions(), "figures": raw}
        arguments.json.write_text(json.dumps(told, indent=1) + "\n")


def _installed(words: str) -> list[Program]:
    """Return the programs that are wanted and can be had; a sentence for each that cannot."""
    wanted = [word.strip().lower() for word in words.split(",") if word.strip()]
    programs = []
    for program in all_programs():
        if wanted and not any(word in program.name.lower() for word in wanted):
            continue
        try:
            program.install()
        except (NotInstalledError, OSError, subprocess.TimeoutExpired) as reason:
            _say(f"{program.name} is left out: {reason}")
        else:
            programs.append(program)
    if not programs:
        sys.exit("no program is left to measure")
    return programs


def _round(measure: str, programs: list[Program], effort: Effort, raw: Raw) -> None:
    at_once = len(programs) if measure in effort.at_once else 1
    with ThreadPoolExecutor(at_once) as pool:
        for program, figures in zip(programs, pool.map(lambda one: _try(measure, one, effort), programs), strict=True):
            for figure, values in figures.items():
                raw.setdefault(figure, {}).setdefault(program.name, []).extend(values)


def _try(measure: str, program: Program, effort: Effort) -> Figures:
    began_s = time.monotonic()
    try:
        figures = MEASURES[measure](program, effort)
    except (OSError, TimeoutError) as reason:
        _say(f"{measure} of {program.name} failed: {reason}")
        return {}
    _say(f"  {measure} of {program.name}, {time.monotonic() - began_s:.0f} s")
    return figures


def _machine() -> dict[str, object]:
    return {
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "system": platform.freedesktop_os_release()["PRETTY_NAME"],
    }


def _versions() -> dict[str, str]:
    named = dict(one.split("@" if "@" in one else "==") for one in (MQTTWARN, MQTT_IO, NODE_RED))
    return named | {"python": python_version(), "paho-mqtt": version("paho-mqtt"), "mosquitto": mosquitto_version()}


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
