"""Check the store on a copy: can it be read, is it undamaged, does this version read its format?"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG, CheckContext, CheckResult
from pushglance.runtime.storage.schema import VERSION, DamagedStore, format_of, is_damage
from pushglance.runtime.storage.snapshot import open_snapshot
from pushglance.runtime.storage.store import NAME


def check_store(context: CheckContext) -> Iterator[CheckResult]:
    """Check the format and the integrity of the store, then look for stores that were set aside as damaged."""
    path = context.state_dir / NAME
    try:
        if not path.exists():
            yield CheckResult("store", SKIPPED, f"{context.state_dir} has no store yet")
            return
        yield _check_copy(path)
        damaged = sorted(file.name for file in context.state_dir.glob(f"{NAME}.damaged-*") if file.name[-1].isdigit())
    except PermissionError:
        message = f"this user may not read {context.state_dir}"
        yield CheckResult("store", SKIPPED, message, "sudo pushglance doctor")
        return
    if damaged:
        message = f"it was damaged before and set aside as {', '.join(damaged)}"
        hint = "a card that loses data is worn out: replace it, then remove that file"
        yield CheckResult("store", WARNING, message, hint)


def _check_copy(path: Path) -> CheckResult:
    try:
        version = _read_copy(path)
    except DamagedStore as damage:
        return _damage_result(path, str(damage))
    except sqlite3.Error as error:
        if is_damage(error):
            return _damage_result(path, str(error))
        return CheckResult("store", SKIPPED, f"{path} cannot be read ({error})", "try again")
    except PermissionError:
        raise
    except OSError as error:
        message = f"{path} cannot be copied for the check ({error.strerror})"
        hint = "free some memory (/dev/shm) for a copy; if the card gives errors, replace it"
        return CheckResult("store", WARNING, message, hint)
    if version > VERSION:
        message = f"{path} was written by a newer pushglance (format {version}, this version reads {VERSION})"
        return CheckResult("store", WRONG, message, "install the newer version again")
    return CheckResult("store", OK, f"{path} is undamaged (format {version})")


def _read_copy(path: Path) -> int:
    """Return the format of the store, after SQLite's check of a copy. Raises DamagedStore."""
    with closing(open_snapshot(path)) as database:
        (integrity,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if integrity != "ok":
            raise DamagedStore(integrity)
        return format_of(database)


def _damage_result(path: Path, reason: str) -> CheckResult:
    hint = "restart the service: it sets the file aside, and every budget counts as used up for 24 hours"
    return CheckResult("store", WRONG, f"{path} is damaged ({reason})", hint)
