"""`scripts/bench pacing`: compare the pacing with simpler policies and with hindsight, on generated days.

Scores are ratios to the cost in hindsight: 1 is perfect, lower is better. With --traces DIR, real recordings are
measured, too.
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
from .recordings import DAYS, available, load_recording
from .tables import Table, tables
from .workloads import WORKLOADS, workload

_PROCESSES = 2
Task = tuple[str, int | None]  # (workload, seed), or (recording, None)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seeds", type=int, default=5, help="seeds of each workload (default 5)")
    parser.add_argument(
        "--half",
        choices=("tune", "report"),
        help="tune: even seeds and the first half of each recording, to choose constants with; report: the others",
    )
    parser.add_argument(
        "--days", type=int, default=21, help=f"days of each workload, more than {LEARNT_DAY} (default 21)"
    )
    parser.add_argument("--quick", action="store_true", help="one seed, short recordings, a less exact bound")
    parser.add_argument("--only", default="", metavar="WORD", help="only policies whose name contains WORD")
    parser.add_argument(
        "--workload", default="", metavar="WORD", help="only workloads and recordings whose name contains WORD"
    )
    parser.add_argument("--traces", type=Path, metavar="DIR", help="folder with recordings (CSV)")
    parser.add_argument("--recording-days", type=int, default=DAYS, help=f"days of each recording (default {DAYS})")
    parser.add_argument("--json", type=Path, metavar="OUT", help="also write the tables as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Measure, and print the tables."""
    if arguments.days <= LEARNT_DAY:
        sys.exit(f"--days must be more than {LEARNT_DAY}: the score after learning begins with day {LEARNT_DAY + 1}")
    if arguments.quick:
        arguments.seeds, arguments.recording_days = 1, min(arguments.recording_days, 60)
    tasks: list[Task] = [(name, seed) for name in WORKLOADS for seed in seeds_of(arguments)]
    if arguments.traces:
        tasks = [(name, None) for name in available(arguments.traces)] + tasks
    tasks = [task for task in tasks if arguments.workload.lower() in task[0].lower()]
    if not tasks:
        sys.exit(f"no workload name contains {arguments.workload!r}; known: {', '.join(WORKLOADS)}")
    outcomes = _measure_all(tasks, arguments)
    generated = {name: several for name, several in outcomes.items() if name in WORKLOADS}
    real = {name: several for name, several in outcomes.items() if name not in WORKLOADS}
    printed: list[Table] = []
    for kind, several in (("generated households", generated), ("real recordings", real)):
        if several:
            print(f"\n## {kind}\n")
            new = tables(several, with_all=several is generated)
            print("\n\n".join(table.text() for table in new))
            printed += new
    if arguments.json:
        arguments.json.write_text(json.dumps([table.as_json() for table in printed], indent=1) + "\n")


def seeds_of(arguments: argparse.Namespace) -> range:
    """Return the seeds of each workload."""
    if not arguments.half:
        return range(arguments.seeds)
    return range(int(arguments.half == "report"), 2 * arguments.seeds, 2)


def _measure_all(tasks: list[Task], arguments: argparse.Namespace) -> dict[str, list[Outcome]]:
    """Measure all tasks in two processes, with a progress line on a terminal; return the outcomes by name."""
    start_s = time.monotonic()
    outcomes: dict[str, list[Outcome]] = {}
    with Pool(_PROCESSES) as pool:
        work = partial(_measure, arguments=arguments)
        for done, (task, outcome) in enumerate(pool.imap(work, tasks), start=1):
            outcomes.setdefault(task[0], []).append(outcome)
            if sys.stderr.isatty():
                print(f"\r{done} of {len(tasks)} traces, {time.monotonic() - start_s:.0f} s", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return outcomes


def _measure(task: Task, arguments: argparse.Namespace) -> tuple[Task, Outcome]:
    rounds = 40 if arguments.quick else 150
    return task, measure(trace_of(task, arguments), rounds, lambda name: arguments.only.lower() in name.lower())


def trace_of(task: Task, arguments: argparse.Namespace) -> Trace:
    """Return the trace of a task, of a recording only the wanted half."""
    name, seed = task
    if seed is None:
        if not arguments.half:
            return load_recording(arguments.traces, name, arguments.recording_days)
        trace = load_recording(arguments.traces, name, None)
        begin, end = (trace.days // 2, trace.days) if arguments.half == "report" else (0, trace.days // 2)
        return trace.slice_days(begin, min(end, begin + arguments.recording_days))
    return workload(name, seed, arguments.days)
