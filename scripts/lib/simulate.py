"""Simulated days: a diary of one story, or the search for a violation through many."""

import argparse
import concurrent.futures
import logging
import sys
import time

from support.simulator.bounds import QUIET_MS
from support.simulator.scheduler import DAY
from support.simulator.world import STORY_DAYS, World

QUIET_DAYS = QUIET_MS // DAY  # each story ends with them


def violations_of(seed: int) -> list[str]:
    """Live through one story; an agent that breaks is a finding like others, and the search goes on."""
    logging.disable(logging.CRITICAL)  # the agent's own log would be of thousands of machines
    try:
        return World(seed).live().violations
    except Exception as error:  # noqa: BLE001 - as said above
        return [f"{type(error).__name__}: {error} (seed {seed})"]


def search(first_seed: int, days: int) -> int:
    """Live through stories on every core until `days` are over; print what is found at once, and return how much."""
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


def main() -> None:
    """Print a diary or search."""
    parser = argparse.ArgumentParser(prog="scripts/simulate", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the story's seed, or the first one's (default 1)")
    parser.add_argument(
        "--days",
        type=int,
        default=STORY_DAYS,
        help=f"up to {STORY_DAYS} (default): the diary of so many days of trouble and {QUIET_DAYS} quiet ones; "
        f"more: as many stories of {STORY_DAYS + QUIET_DAYS} days as that takes, on every core, without a diary",
    )
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)  # the agent's own log would be of thousands of machines
    if arguments.days > STORY_DAYS:
        sys.exit(1 if search(arguments.seed, arguments.days) else 0)
    world = World(arguments.seed, tell=print).live(arguments.days)
    print(f"{world.laws.quiet_times} times the truth could be looked at; {len(world.violations)} violations")
    sys.exit(1 if world.violations else 0)


if __name__ == "__main__":
    main()
