"""Simulated days: a diary of one story, or the search for a violation through many."""

import argparse
import itertools
import logging
import sys
import time

from simulator.bounds import QUIET_MS
from simulator.clockwork import DAY
from simulator.world import STORY_DAYS, World

QUIET_DAYS = QUIET_MS // DAY  # each story ends with them


def search(first_seed: int, days: int) -> list[str]:
    """Live through stories until `days` are over, and return the violations; what was found is printed at once."""
    began_s, violations = time.monotonic(), []
    for number in itertools.count(1):
        for violation in World(first_seed + number - 1).live().violations:
            violations.append(violation)
            print(violation, flush=True)
        lived = number * (STORY_DAYS + QUIET_DAYS)
        if lived >= days:
            break
    print(f"{lived} days, {lived / (time.monotonic() - began_s):.0f} days per second, {len(violations)} violations")
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
        f"more: as many stories of {STORY_DAYS + QUIET_DAYS} days as that takes, without a diary",
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
