"""Copy the program to a board on USB, so that each interruption leaves a board that still runs a program.

All files go to a staging folder first. Then one script, run by the board, puts them in place: main.py comes last.
"""

from pathlib import Path

from .bundle import PACKAGES
from .device import FEED
from .mpremote import run_mpremote

_STAGING = "pushglance.new"
_REPLACED = "pushglance.old"
_TOOLS = """\
import os
def _pushglance_has(path):
    try:
        return bool(os.stat(path))
    except OSError:
        return False
def _pushglance_remove(path):
    if not _pushglance_has(path):
        return
    if os.stat(path)[0] & 0x4000:
        for name in os.listdir(path):
            _pushglance_remove(path + "/" + name)
        os.rmdir(path)
    else:
        os.remove(path)
def _pushglance_replace(old, new):
    try:
        os.rename(old, new)
    except OSError:
        os.remove(new)
        os.rename(old, new)
"""
_STAGE = """\
for path in %r:
    _pushglance_remove(path)
for path in %r:
    os.mkdir(path)
"""
# Nothing of the user's is removed: neither other files in lib/ nor a main.py that is not ours.
_INSTALL = """\
staging, replaced, packages, files = %r
if not _pushglance_has("lib"):
    os.mkdir("lib")
for path in packages:
    if _pushglance_has(path):
        os.rename(path, replaced + path[3:])
    os.rename(staging + path, path)
for name in files:
    _pushglance_replace(staging + name, name)
if _pushglance_has("main.py"):
    with open("main.py", "rb") as file:
        text = file.read()
    if b"pushglance_board" not in text:
        kept, number = "main-before-pushglance.py", 1
        while _pushglance_has(kept):
            number += 1
            kept = "main-before-pushglance%%d.py" %% number
        with open(kept, "wb") as file:
            file.write(text)
        print(kept)
_pushglance_replace(staging + "main.py", "main.py")
_pushglance_remove("root_ends.txt")
with open("last_restart.txt", "w") as file:
    file.write("0\\na new deploy")
_pushglance_remove(staging[:-1])
_pushglance_remove(replaced)
"""


def install(port: str, folder: Path, files: list[Path]) -> str:
    """Copy these files of `folder` to the board and reset it; its state stays.

    Return the new name of a main.py that belonged to another program, "" if there was none. Raises HardwareUnavailable.
    """
    staged = {Path(_STAGING) / parent for path in files for parent in path.parents}
    steps = [
        ["exec", FEED],
        ["exec", _TOOLS + _STAGE % ([_STAGING, _REPLACED], [_REPLACED, *sorted(map(Path.as_posix, staged))])],
    ]
    for target in sorted(staged):
        inside = [str(folder / path) for path in files if Path(_STAGING) / path.parent == target]
        if inside:
            steps.append(["fs", "cp", *inside, f":{target.as_posix()}/"])
    others = [path.as_posix() for path in files if len(path.parts) == 1 and path.name != "main.py"]
    steps.append(["exec", _TOOLS + _INSTALL % ((f"{_STAGING}/", _REPLACED, PACKAGES, others),)])
    arguments = ["resume"]  # the timer of the first step must stay
    for step in steps:
        arguments += [*step, "+"]
    printed = run_mpremote(port, [*arguments, "reset"])
    return next((line for line in printed.splitlines() if line.startswith("main-before-")), "")
