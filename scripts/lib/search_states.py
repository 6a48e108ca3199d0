"""Try every sequence of actions up to a depth on the real core, ledger and store, and check the laws in each state.

The actions are edges, a sensor that cannot be read, outcomes of pushes, lost answers, crashes at each commit, boots,
clocks, days, a second copy of the agent and reloads. States are merged by content. Each level takes about seven times
as long as the one before.
"""

import argparse
import os
import sys
import textwrap

from support.state_search import search


def _print_level(result: search.Result) -> None:
    print(
        f"depth {result.depth}: {result.states} states, {result.transitions} transitions, {result.seconds:.1f} s",
        flush=True,
    )


def main() -> None:
    """Search with each source of the sensor, and exit with 1 if a law is broken."""
    parser = argparse.ArgumentParser(prog="scripts/search-states", description=__doc__)
    parser.add_argument("--depth", type=int, default=5, help="actions of the longest sequence (default 5)")
    parser.add_argument(
        "--source", choices=("mqtt", "gpio", "both"), default="both", help="source of the contact (default both)"
    )
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="processes (default: one for each core)"
    )
    arguments = parser.parse_args()
    broken = False
    for source in ("mqtt", "gpio") if arguments.source == "both" else (arguments.source,):
        print(f"a contact on {source}:")
        result = search.run(source, arguments.depth, arguments.processes, _print_level)
        for path, message in result.broken[:10]:
            print(message, textwrap.indent("\n".join(search.describe(source, path)), "    "), sep="\n")
        broken = broken or bool(result.broken)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
