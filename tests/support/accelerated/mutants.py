"""Deliberately broken daemons: a copy of the product in which one piece of text is replaced."""

import shutil
from pathlib import Path
from typing import NamedTuple

from .laws import COUNTED, NEVER_OVER, NEVER_TWICE, POLITE

_ROOT = Path(__file__).parents[3]


SEEDS = (2, 0, 1, 3)  # of the stories that are tried, one after the other


class Mutant(NamedTuple):
    """One change, the scenario that shows it, and the laws that it may break."""

    path: str
    old: str
    new: str
    scenario: str
    laws: tuple[str, ...]


MUTANTS = {
    "a push leaves before its debit is saved": Mutant(
        "runtime/loop.py",
        "        is_saved = self._save(",
        "        pushes = [command for command in commands if isinstance(command, PushGlance)]\n"
        "        for command in pushes:\n"
        "            self._courier.submit(command)\n"
        "        self._courier.submit = lambda command: None if command in pushes else type(self._courier).submit("
        "self._courier, command)\n"
        "        is_saved = self._save(",
        "kills",
        (COUNTED, NEVER_OVER),
    ),
    "a boot gives a fresh budget": Mutant(
        "runtime/storage/memory_reader.py",
        "            if of_account == account and _is_shared",
        "            if of_boot == boot and of_account == account and _is_shared",
        "boots",
        (COUNTED, NEVER_OVER),
    ),
    "a debit is written and not synced": Mutant(
        "runtime/storage/schema.py",
        '"PRAGMA synchronous = FULL")',
        '"PRAGMA synchronous = OFF")\n    import os\n    os.fsync = os.fdatasync = lambda fd: None',
        "power",
        (COUNTED, NEVER_OVER, NEVER_TWICE),
    ),
    "a clock is believed before it is synchronised": Mutant(
        "runtime/clock.py",
        "return self._is_trusted or self._trust",
        "return True or self._trust",
        "boots",
        (COUNTED, NEVER_OVER),
    ),
    "a store that was put back is believed": Mutant(
        "runtime/storage/store.py",
        "doubt = doubt or self._doubt",
        'doubt = "" and self._doubt',
        "stores",
        (COUNTED, NEVER_OVER),
    ),
    "a push without an answer gives its debit back": Mutant(
        "core/push/ledger.py",
        "        if event.outcome in (DELIVERED, UNKNOWN):\n            until_ms",
        "        if event.outcome == DELIVERED:\n            until_ms",
        "answers",
        (COUNTED, NEVER_OVER),
    ),
    "what is shown is forgotten at a restart": Mutant(
        "runtime/storage/memory_reader.py",
        '"shown": json.loads(shown)',
        '"shown": {}',
        "kills",
        (NEVER_TWICE,),
    ),
    "a failed push is repeated at once": Mutant(
        "core/push/backoff.py",
        "self.not_before_ms = at_ms + wait_ms",
        "self.not_before_ms = at_ms",
        "answers",
        (POLITE,),
    ),
}


def copy_with(mutant: Mutant, folder: Path) -> Path:
    """Copy the package with this change; return the folder from which it can be imported."""
    package = folder / "agent" / "pushglance"
    shutil.copytree(_ROOT / "agent" / "pushglance", package, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "boards").symlink_to(_ROOT / "boards")
    path = package / mutant.path
    text = path.read_text()
    assert text.count(mutant.old) == 1, f"the text of the mutant is not in {mutant.path}"
    path.write_text(text.replace(mutant.old, mutant.new))
    return package.parent
