"""Measure what the project promises. Ratios carry over to other machines, absolute times do not."""

import argparse
import importlib
import sys

_BENCHMARKS = {
    "boards": "memory of the program on a 32-bit MicroPython, and its flash writes",
    "core": "cost of an event with 1, 10 and 1000 sensors, and simulated days per second",
    "cluster": "number of watches and sensors that two hubs can serve, and the time of a failover",
    "pacing": "cost of the pacing compared with hindsight and with simpler policies",
    "peers": "memory, CPU and delays of pushglance compared with other programs",
    "page": "size and speed of the status page after a year, and the delay of a change",
    "soak": "growth of memory, handles, threads and store over a million events",
}


def main() -> None:
    """Run one benchmark."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    commands = parser.add_subparsers(dest="benchmark", required=True, metavar="BENCHMARK")
    selected = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    for name, description in _BENCHMARKS.items():
        command = commands.add_parser(name, help=description)
        if name != selected:  # each needs other libraries, and only those of the selected one are installed
            continue
        module = importlib.import_module(f"benchmarks.{name}.command")
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
