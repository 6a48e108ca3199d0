"""Run pytest on the folders that are named, or on everything in phases that show how far the run is.

Called by scripts/test, which prepares the environment.
"""

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

_TESTS = Path("tests")
_OTHERS = "other modules"
_LONG = "accelerated, simulator, boards, whole agent"
# The quickest first: most mistakes show up within seconds. Folders that no phase names run with the other modules.
# The long ones run together, the simulator first: it only computes, while boards and the whole agent mostly wait.
_PHASES = {
    "core": ("core", "vectors", "watchface"),
    _OTHERS: (),
    _LONG: ("accelerated", "simulator", "boards", "whole_agent"),
}
_NO_TESTS_RAN = 5  # exit code of pytest
_SINGLE_RUN = {"-h", "--help", "--version", "--collect-only", "--co", "--fixtures", "--markers"}
_STOP_EARLY = ("-x", "--exitfirst", "--maxfail")


def phases() -> list[tuple[str, list[str]]]:
    """Return each phase with its folders; every folder of tests is in one of them."""
    named = {folder for folders in _PHASES.values() for folder in folders}
    skipped = named | {"support", "__pycache__"}
    others = sorted(path.name for path in _TESTS.iterdir() if path.is_dir() and path.name not in skipped)
    return [
        (name, [str(_TESTS / folder) for folder in (others if name == _OTHERS else folders)])
        for name, folders in _PHASES.items()
    ]


def resolve(arguments: list[str]) -> tuple[list[str], bool]:
    """Return the arguments with `core/push` as `tests/core/push`, and whether any of them is a path.

    A path below tests/ must come before the first option: the core of `-k core` is not one.
    """
    resolved, is_leading, has_path = [], True, False
    for argument in arguments:
        path, colons, test = argument.partition("::")
        is_leading = is_leading and not argument.startswith("-")
        if is_leading and not Path(path).exists() and (_TESTS / path).exists():
            path = str(_TESTS / path)
        elif is_leading and not Path(path).exists():
            sys.exit(f"scripts/test: neither {path} nor tests/{path} exists; the folders are {_folder_names()}")
        resolved.append(path + colons + test)
        has_path = has_path or (not argument.startswith("-") and Path(path).exists())
    return resolved, has_path


def main() -> None:
    """Run one pytest for the named paths, or one for each phase, and exit with the first code that is not 0."""
    arguments, has_path = resolve([argument for argument in sys.argv[1:] if argument != "--coverage"])
    has_coverage = "--coverage" in sys.argv[1:]
    if has_coverage:
        subprocess.run([sys.executable, "-m", "coverage", "erase"], check=True)
        arguments += ["--cov", "--cov-append", "--cov-report="]
    code = _pytest(arguments) if has_path or _SINGLE_RUN.intersection(arguments) else _run_phases(arguments)
    if has_coverage:
        subprocess.run([sys.executable, "-m", "coverage", "report"], check=True)
    sys.exit(code)


def _run_phases(arguments: list[str]) -> int:
    codes, lines, began_s = [], [], time.monotonic()
    for number, (name, folders) in enumerate(phases(), start=1):
        print(f"\n== phase {number} of {len(_PHASES)}: {name} ({', '.join(folders)})", flush=True)
        phase_began_s = time.monotonic()
        codes.append(_pytest([*folders, *arguments]))
        result = {0: "passed", _NO_TESTS_RAN: "no tests"}.get(codes[-1], "FAILED")
        lines.append(f"{name:{len(_LONG)}} {result:9} {time.monotonic() - phase_began_s:4.0f} s")
        if codes[-1] not in {0, 1, _NO_TESTS_RAN} or (codes[-1] == 1 and _stops_early(arguments)):
            break
    print("\n== phases", *lines, f"{'together':{len(_LONG) + 10}} {time.monotonic() - began_s:4.0f} s", sep="\n")
    failed = [code for code in codes if code not in {0, _NO_TESTS_RAN}]
    return failed[0] if failed else min(codes)


def _pytest(arguments: list[str]) -> int:
    options = []
    if importlib.util.find_spec("xdist") is not None:
        # Two processes more than cores: tests of boards and of the whole agent sleep for much of their time.
        processes = os.environ.get("TEST_PROCESSES", str((os.cpu_count() or 1) + 2))
        options = ["-n", processes, "--dist", "worksteal"]
    return subprocess.run([sys.executable, "-m", "pytest", *options, *arguments], check=False).returncode


def _stops_early(arguments: list[str]) -> bool:
    return any(argument.startswith(_STOP_EARLY) for argument in arguments)


def _folder_names() -> str:
    return ", ".join(sorted(folder.removeprefix("tests/") for _, folders in phases() for folder in folders))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
