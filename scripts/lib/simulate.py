"""Simulate days: log one story, or search many stories for a violation of a law (tests/support/simulator/laws.py)."""

import argparse
import concurrent.futures
import logging
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from support.simulator.bounds import QUIET_MS
from support.simulator.scheduler import DAY
from support.simulator.simulation import STORY_DAYS, Simulation

QUIET_DAYS = QUIET_MS // DAY  # at the end of each story


def violations_of(seed: int) -> list[str]:
    """Simulate one story; an exception counts as a violation, so that the search continues."""
    logging.disable(logging.CRITICAL)  # the logs of thousands of agents
    try:
        return Simulation(seed).run().violations
    except Exception as error:  # noqa: BLE001 - as explained above
        return [f"{type(error).__name__}: {error} (seed {seed})"]


def search(first_seed: int, days: int) -> int:
    """Simulate stories on every core until `days` are reached; print violations at once and return their number."""
    began_s, violations = time.monotonic(), 0
    stories = -(-days // (STORY_DAYS + QUIET_DAYS))
    with concurrent.futures.ProcessPoolExecutor() as processes:
        for found in processes.map(violations_of, range(first_seed, first_seed + stories), chunksize=5):
            violations += len(found)
            for violation in found:
                print(violation, flush=True)
    lived = stories * (STORY_DAYS + QUIET_DAYS)
    print(f"{lived} days, {lived / (time.monotonic() - began_s):.0f} days per second, {violations} violations")
    return violations


def _run_board(seed: int, days: int) -> int:
    """Run one story of a board, write its figures after each quiet day and at the end; return 1 for a violation."""
    from support.boards.simulated_year import SimulatedYear  # noqa: PLC0415 - the simulator needs none of it

    with tempfile.TemporaryDirectory() as folder:
        life = SimulatedYear(Path(folder), seed, days, partial(print, flush=True)).run()
    for law, detail in life.violations:
        print(f"{law}: {detail}")
    print(life)
    return 1 if life.violations else 0


def main() -> None:
    """Print a log or search."""
    parser = argparse.ArgumentParser(prog="scripts/simulate", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="seed of the story, or of the first one (default 1)")
    parser.add_argument(
        "--days",
        type=int,
        default=STORY_DAYS,
        help=f"up to {STORY_DAYS} (default): the log of that many days with faults and {QUIET_DAYS} quiet ones; "
        f"more: as many stories of {STORY_DAYS + QUIET_DAYS} days as needed, on every core, without a log",
    )
    parser.add_argument(
        "--real",
        action="store_true",
        help="run the real daemon as a process, in a time that skips its pauses, against a raw server",
    )
    parser.add_argument(
        "--board",
        action="store_true",
        help="run the program of a board under MicroPython, in virtual time: --board --days 365 is a year",
    )
    arguments = parser.parse_args()
    if arguments.board:
        sys.exit(_run_board(arguments.seed, arguments.days))
    if arguments.real:
        from support.accelerated import campaign, virtual_time  # noqa: PLC0415 - the simulator needs none of it

        try:
            violations = campaign.search(arguments.seed, arguments.days, partial(print, flush=True))
        except virtual_time.CompilerMissingError as error:
            parser.error(str(error))
        sys.exit(1 if violations else 0)
    logging.disable(logging.CRITICAL)  # the logs of thousands of agents
    if arguments.days > STORY_DAYS:
        sys.exit(1 if search(arguments.seed, arguments.days) else 0)
    simulation = Simulation(arguments.seed, write_line=print).run(arguments.days)
    print(f"{simulation.laws.quiet_checks} checks of quiet times; {len(simulation.violations)} violations")
    sys.exit(1 if simulation.violations else 0)


if __name__ == "__main__":
    main()
