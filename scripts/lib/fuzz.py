"""Feed bytes to one of the doors in tests/fuzz/targets.py, led by the branches they reach, until one breaks it."""

import argparse
import logging
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pushglance", "fuzz"]):
    from fuzz.targets import TARGETS


def main() -> None:
    """Fuzz."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60, help="how long to search (default 60)")
    parser.add_argument("--runs", type=int, default=-1, help="how many inputs at most (default: no limit)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed searches the same way (default 1)")
    parser.add_argument(
        "--found",
        type=Path,
        default=Path(".cache/fuzz"),
        help="where what is interesting is kept (default .cache/fuzz)",
    )
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)  # hundreds of thousands of sentences about rubbish
    corpus = arguments.found / arguments.target
    corpus.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={arguments.seconds}",
        f"-atheris_runs={arguments.runs}" if arguments.runs > 0 else "-runs=-1",
        f"-seed={arguments.seed}",
        f"-artifact_prefix={corpus}/broken-",
        "-max_len=4096",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], TARGETS[arguments.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
