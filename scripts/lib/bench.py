"""What the project promises, measured. Each benchmark prints ratios: machines differ, ratios hardly do."""

import argparse
import importlib
import sys

_BENCHMARKS = {
    "boards": "how much of a board's memory the program fills, on a 32-bit MicroPython, and its flash writes",
    "core": "what an event costs among 1, 10 and 1000 sensors, and simulated days a second",
    "cluster": "how many watches and sensors two hubs carry, and how soon one takes over from the other",
    "pacing": "how near the pacing comes to hindsight, beside simpler policies",
    "peers": "what pushglance costs and how quick it is, beside what people would run instead",
    "page": "how light the status page is after a year, and how soon it shows a door that moves",
    "soak": "whether memory, handles, threads and the store stay as they are over a million events",
}


def main() -> None:
    """Run one benchmark."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    commands = parser.add_subparsers(dest="benchmark", required=True, metavar="BENCHMARK")
    wanted = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    for name, told in _BENCHMARKS.items():
        command = commands.add_parser(name, help=told)
        if name != wanted:  # each needs libraries of its own
            continue
        module = importlib.import_module(f"benchmarks.{name}.command")
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
