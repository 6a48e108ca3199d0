"""`scripts/bench pacing`: the project's pacing beside every policy that PACING's table names, on many made-up days.

Scores are ratios to what hindsight could do: 1 is perfect, lower is better. Real recordings are measured, too, where
--traces names a folder that holds them.
"""

import argparse
import json
import sys
import time
from functools import partial
from multiprocessing import Pool
from pathlib import Path

from pushglance.replay.trace import Trace

from .measure import LEARNT_DAY, Outcome, measure
from .recordings import DAYS, present, recording
from .tables import Table, tables
from .workloads import WORKLOADS, workload

_PROCESSES = 2
Task = tuple[str, int | None]  # (workload, seed), or (recording, None)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what may be asked."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seeds", type=int, default=5, help="how many of each workload (default 5)")
    parser.add_argument("--days", type=int, default=21, help=f"days of each, above {LEARNT_DAY} (default 21)")
    parser.add_argument("--quick", action="store_true", help="one seed, short recordings, a coarser bound")
    parser.add_argument("--only", default="", metavar="WORD", help="only policies whose name has this in it")
    parser.add_argument("--workload", default="", metavar="WORD", help="only workloads and recordings with this in it")
    parser.add_argument("--traces", type=Path, metavar="DIR", help="a folder with recordings (CSV)")
    parser.add_argument("--recording-days", type=int, default=DAYS, help=f"days of each recording (default {DAYS})")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the tables as JSON, too")


def run(arguments: argparse.Namespace) -> None:
    """Measure, and print the tables."""
    if arguments.days <= LEARNT_DAY:
        sys.exit(f"--days must be above {LEARNT_DAY}: what is learnt is scored from day {LEARNT_DAY + 1} on")
    if arguments.quick:
        arguments.seeds, arguments.recording_days = 1, min(arguments.recording_days, 60)
    tasks: list[Task] = [(name, seed) for name in WORKLOADS for seed in range(arguments.seeds)]
    if arguments.traces:
        tasks = [(name, None) for name in present(arguments.traces)] + tasks
    tasks = [task for task in tasks if arguments.workload.lower() in task[0].lower()]
    if not tasks:
        sys.exit(f"no workload has {arguments.workload!r} in its name; there are {', '.join(WORKLOADS)}")
    outcomes = _measure_all(tasks, arguments)
    made = {name: several for name, several in outcomes.items() if name in WORKLOADS}
    real = {name: several for name, several in outcomes.items() if name not in WORKLOADS}
    printed: list[Table] = []
    for kind, several in (("made-up households", made), ("real recordings", real)):
        if several:
            print(f"\n## {kind}\n")
            these = tables(several, with_all=kind.startswith("made"))
            print("\n\n".join(table.text() for table in these))
            printed += these
    if arguments.json:
        arguments.json.write_text(json.dumps([table.as_json() for table in printed], indent=1) + "\n")


def _measure_all(tasks: list[Task], arguments: argparse.Namespace) -> dict[str, list[Outcome]]:
    """Return the outcomes of all tasks by name, from two processes, with a line of progress on a terminal."""
    began_s = time.monotonic()
    outcomes: dict[str, list[Outcome]] = {}
    with Pool(_PROCESSES) as pool:
        work = partial(_measure, arguments=arguments)
        for done, (task, outcome) in enumerate(pool.imap(work, tasks), start=1):
            outcomes.setdefault(task[0], []).append(outcome)
            if sys.stderr.isatty():
                print(f"\r{done} of {len(tasks)} traces, {time.monotonic() - began_s:.0f} s", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return outcomes


def _measure(task: Task, arguments: argparse.Namespace) -> tuple[Task, Outcome]:
    rounds = 40 if arguments.quick else 150
    return task, measure(_trace(task, arguments), rounds, lambda name: arguments.only.lower() in name.lower())


def _trace(task: Task, arguments: argparse.Namespace) -> Trace:
    name, seed = task
    if seed is None:
        return recording(arguments.traces, name, arguments.recording_days)
    return workload(name, seed, arguments.days)
