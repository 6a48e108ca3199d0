"""The store: can it be read, is it whole, is it of a version that this pushglance reads? A copy of it is looked at."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG, CheckContext, CheckResult
from pushglance.runtime.storage.schema import VERSION, is_damage
from pushglance.runtime.storage.snapshot import open_snapshot
from pushglance.runtime.storage.store import NAME


def check_store(patient: CheckContext) -> Iterator[CheckResult]:
    """Copy the store and look at its format; then for what was set aside."""
    path = patient.state_dir / NAME
    try:
        if not path.exists():
            yield CheckResult("store", SKIPPED, f"there is none yet in {patient.state_dir}")
            return
        yield _look(path)
        aside = sorted(one.name for one in patient.state_dir.glob(f"{NAME}.damaged-*") if one.name[-1].isdigit())
    except PermissionError:
        yield CheckResult(
            "store", SKIPPED, f"this user may not look into {patient.state_dir}", "sudo pushglance doctor"
        )
        return
    if aside:
        detail = f"it was damaged before, and is set aside as {', '.join(aside)}"
        yield CheckResult(
            "store", WARNING, detail, "a card that loses data is worn out: replace it, then remove that file"
        )


def _look(path: Path) -> CheckResult:
    try:
        database = open_snapshot(path)
        try:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
        finally:
            database.close()
    except sqlite3.Error as error:
        if is_damage(error):
            return _damaged(path, str(error))
        return CheckResult("store", SKIPPED, f"{path} cannot be looked at ({error})", "try again")
    except PermissionError:
        raise
    except OSError as error:
        cure = "make room in memory (/dev/shm) for a copy; a card that gives errors is worn out: replace it"
        return CheckResult("store", WARNING, f"{path} cannot be copied to look at it ({error.strerror})", cure)
    if verdict != "ok":
        return _damaged(path, verdict)
    if version > VERSION:
        detail = f"{path} was written by a newer pushglance (format {version}, this one reads {VERSION})"
        return CheckResult("store", WRONG, detail, "install that version again")
    return CheckResult("store", OK, f"{path} is whole (format {version})")


def _damaged(path: Path, why: str) -> CheckResult:
    cure = "restart the service: it sets the file aside, and every budget counts as spent for 24 hours"
    return CheckResult("store", WRONG, f"{path} is damaged ({why})", cure)
