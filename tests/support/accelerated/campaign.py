"""Many stories of the real daemon on every core: search for a violation of a law."""

import concurrent.futures
import tempfile
from collections.abc import Callable
from pathlib import Path

from .scenarios import NAMES, run_story
from .story import Counts
from .virtual_time import find_compiler

STORY_DAYS = 6  # with faults; a quiet day follows
_DAYS = STORY_DAYS + 1.1


def _live(name: str, seed: int) -> Counts:
    """Run one story; an exception counts as a violation, so that the search continues."""
    with tempfile.TemporaryDirectory(prefix="p") as folder:  # the path of a unix socket may have 107 bytes
        try:
            return run_story(name, seed, Path(folder), STORY_DAYS)
        except Exception as error:  # noqa: BLE001 - as explained above
            return Counts(violations=[("no exception", f"{type(error).__name__}: {error}")])


def search(first_seed: int, days: int, write_line: Callable[[str], None]) -> int:
    """Run stories until `days` are reached; write violations at once, then the figures; return how many there are."""
    find_compiler()
    stories = [
        (NAMES[number % len(NAMES)], first_seed + number // len(NAMES)) for number in range(round(days / _DAYS) or 1)
    ]
    total = Counts()
    with concurrent.futures.ProcessPoolExecutor() as processes:
        futures = {processes.submit(_live, *story): story for story in stories}
        for future in concurrent.futures.as_completed(futures):
            name, seed = futures[future]
            counts = future.result()
            total.add(counts)
            for law, detail in counts.violations:
                write_line(f"{law}: {detail} (scenario {name}, seed {seed})")
    write_line(str(total))
    return len(total.violations)
