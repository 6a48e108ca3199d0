"""What the project promises, measured. Each benchmark prints ratios: machines differ, ratios hardly do."""

import argparse
import importlib

_BENCHMARKS = {"pacing": "how near the pacing comes to hindsight, beside simpler policies"}


def main() -> None:
    """Run one benchmark."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    commands = parser.add_subparsers(dest="benchmark", required=True, metavar="BENCHMARK")
    for name, told in _BENCHMARKS.items():
        module = importlib.import_module(f"benchmarks.{name}.command")
        command = commands.add_parser(name, help=told)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
