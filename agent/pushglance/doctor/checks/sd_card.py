"""Check the card or disk of the store: free space, wear, and how much is written to it per day."""

import os
from collections.abc import Iterator
from pathlib import Path

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG, CheckContext, CheckResult

_MEGABYTE = 1_000_000
_FREE_WRONG, _FREE_WARNING = 5 * _MEGABYTE, 50 * _MEGABYTE
_SECTOR = 512  # the unit of /sys/block/*/stat, whatever the disk's sector size
_SECTORS_WRITTEN = 6  # index in /sys/block/*/stat
_DAY_S = 86_400
_UPTIME_MIN_S = 3600  # earlier, the writes during boot would distort the figure per day
_WORN = 9  # of life_time: 80 to 90 percent of the device's life is used (JEDEC eMMC 5.0, EXT_CSD 268 and 269)


def check_card(context: CheckContext) -> Iterator[CheckResult]:
    """Check free space, the wear that the card reports, and the bytes written."""
    directory = context.state_dir
    while not directory.exists() and directory != directory.parent:
        directory = directory.parent  # the agent makes its directory at the first start
    yield _check_space(directory)
    disk = _disk_of(directory, context.root)
    if disk is None:
        yield CheckResult("card", SKIPPED, f"{directory} is not on a local disk")
        return
    yield _check_wear(disk)
    yield from _written_per_day(disk, context)


def _check_space(directory: Path) -> CheckResult:
    try:
        space = os.statvfs(directory)
    except OSError as error:
        message = f"{directory} cannot be read ({error.strerror})"
        return CheckResult("space", SKIPPED, message, "sudo pushglance doctor")
    if space.f_flag & os.ST_RDONLY:
        message = f"{directory} is mounted read-only: no push can be recorded, so none is sent"
        hint = "the kernel does this after a disk error: read dmesg, replace the card"
        return CheckResult("space", WRONG, message, hint)
    free = space.f_bavail * space.f_frsize
    message = f"{free // _MEGABYTE} MB are free in {directory}"
    if space.f_files and not space.f_favail:
        message = f"no file can be created in {directory}: its inodes are used up"
        return CheckResult("space", WRONG, message, "remove files")
    if free < _FREE_WARNING:
        status = WRONG if free < _FREE_WRONG else WARNING
        return CheckResult("space", status, message, "free some space: on a full disk no push is recorded or sent")
    return CheckResult("space", OK, message)


def _disk_of(directory: Path, root: Path) -> Path | None:
    """Return the /sys directory of the disk (not the partition) that holds a directory."""
    try:
        number = directory.stat().st_dev
    except OSError:
        return None
    part = (root / f"sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve()
    disk = part.parent if (part / "partition").exists() else part
    return disk if (disk / "stat").exists() else None


def _check_wear(disk: Path) -> CheckResult:
    life, end_of_life = _words_of(disk / "device/life_time"), _words_of(disk / "device/pre_eol_info")
    if life:
        used = max(int(word, 16) for word in life)  # one value per type of cell; the worse one counts
        message = f"{disk.name} reports that {(used - 1) * 10} to {used * 10} % of its life is used"
        if (end_of_life and int(end_of_life[0], 16) > 1) or used >= _WORN:
            return CheckResult("wear", WARNING, message, "copy the settings elsewhere and replace it soon")
        return CheckResult("wear", OK, message)
    if _words_of(disk / "device/type") == ["SD"]:
        message = f"{disk.name} is an SD card, which does not report its wear; see how much is written to it"
        return CheckResult("wear", SKIPPED, message)
    return CheckResult("wear", SKIPPED, f"{disk.name} does not report its wear")


def _written_per_day(disk: Path, context: CheckContext) -> Iterator[CheckResult]:
    counts, uptime = _words_of(disk / "stat"), _words_of(context.root / "proc/uptime")
    if len(counts) > _SECTORS_WRITTEN and uptime and float(uptime[0]) > _UPTIME_MIN_S:
        per_day = int(counts[_SECTORS_WRITTEN]) * _SECTOR / float(uptime[0]) * _DAY_S
        message = f"all programs together write {_megabytes(per_day)} per day to {disk.name}"
        yield CheckResult("written", OK, message)
    if context.agent_status is not None:
        yield from _written_by_agent(context.root / f"proc/{context.agent_status['pid']}", uptime)


def _written_by_agent(process: Path, uptime: list[str]) -> Iterator[CheckResult]:
    try:
        lines = dict(line.split(": ") for line in (process / "io").read_text().splitlines())
        start_ticks = int((process / "stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return  # the process belongs to another user, or has ended
    age_s = float(uptime[0]) - start_ticks / os.sysconf("SC_CLK_TCK") if uptime else 0
    if age_s > _UPTIME_MIN_S:
        per_day = int(lines["write_bytes"]) / age_s * _DAY_S
        yield CheckResult("written", OK, f"pushglance writes {_megabytes(per_day)} per day of that")


def _megabytes(count: float) -> str:
    return f"{count / _MEGABYTE:.1f} MB" if count < 100 * _MEGABYTE else f"{count / _MEGABYTE:.0f} MB"


def _words_of(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []
