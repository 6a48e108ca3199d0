"""Simulated days: a diary of one story, or the search for a violation through many."""

import argparse
import logging
import sys
import time

from simulator.world import World

QUIET_DAYS = 3  # each story ends with them


def tell_arrivals(world: World) -> None:
    """Let the diary hold what arrives at the watch."""
    account = world.account
    arrive = account.arrive

    def told(push_id: int, glance: dict[str, str]) -> None:
        fields = ", ".join(f"{name} {text!r}" for name, text in glance.items())
        world.say(f"  push {push_id}: {fields}")
        arrive(push_id, glance)

    account.arrive = told  # the diary listens


def main() -> None:
    """Run the simulation."""
    parser = argparse.ArgumentParser(prog="scripts/simulate", description=__doc__)
    parser.add_argument("--days", type=int, default=7, help="days of trouble in each story (default 7)")
    parser.add_argument("--seed", type=int, default=1, help="the first story's seed (default 1)")
    parser.add_argument("--stories", type=int, default=1, help="how many stories; more than one prints no diary")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)  # the agent's own log would be of thousands of machines
    began_s, violations = time.monotonic(), []
    for seed in range(arguments.seed, arguments.seed + arguments.stories):
        world = World(seed, tell=print if arguments.stories == 1 else None)
        if arguments.stories == 1:
            tell_arrivals(world)
        violations += world.live(arguments.days).violations
    days = arguments.stories * (arguments.days + QUIET_DAYS)
    print(f"\n{days} days, {days / (time.monotonic() - began_s):.0f} days per second, {len(violations)} violations")
    for violation in violations:
        print(f"  {violation}")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
