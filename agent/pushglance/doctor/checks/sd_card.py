"""The card or disk that the store is on: room, wear, and how much is written to it in a day."""

import os
from collections.abc import Iterator
from pathlib import Path

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG, CheckContext, CheckResult

_MEGABYTE = 1_000_000
_FREE_WRONG, _FREE_WARNING = 5 * _MEGABYTE, 50 * _MEGABYTE
_SECTOR = 512  # of /sys/block/*/stat, whatever the disk's own is
_DAY_S = 86_400
_SETTLED_S = 3600  # what starting the machine writes says nothing of a day
_WORN = 9  # of life_time: 80 to 90 percent of the device's life is used (JEDEC eMMC 5.0, EXT_CSD 268 and 269)


def check_card(patient: CheckContext) -> Iterator[CheckResult]:
    """Look at free space, at what the card tells of its wear, and at the bytes written."""
    directory = patient.state_dir
    while not directory.exists() and directory != directory.parent:
        directory = directory.parent  # the agent makes its own when it starts
    yield _room(directory)
    disk = _disk_of(directory, patient.root)
    if disk is None:
        yield CheckResult("card", SKIPPED, f"{directory} is on no disk of this machine's own")
        return
    yield _wear(disk)
    yield from _written(disk, patient)


def _room(directory: Path) -> CheckResult:
    try:
        room = os.statvfs(directory)
    except OSError as error:
        return CheckResult(
            "space", SKIPPED, f"{directory} cannot be looked at ({error.strerror})", "sudo pushglance doctor"
        )
    if room.f_flag & os.ST_RDONLY:
        detail = f"{directory} is mounted read-only: no push can be booked, so none is made"
        return CheckResult(
            "space", WRONG, detail, "after an error the kernel does that: look at dmesg, replace the card"
        )
    free = room.f_bavail * room.f_frsize
    detail = f"{free // _MEGABYTE} MB are free in {directory}"
    if room.f_files and not room.f_favail:
        return CheckResult(
            "space", WRONG, f"no file can be made in {directory}: its inodes are used up", "remove files"
        )
    if free < _FREE_WARNING:
        verdict = WRONG if free < _FREE_WRONG else WARNING
        return CheckResult("space", verdict, detail, "make room: without it no push can be booked, so none is made")
    return CheckResult("space", OK, detail)


def _disk_of(directory: Path, root: Path) -> Path | None:
    """Return the /sys directory of the whole disk that holds a directory."""
    try:
        number = directory.stat().st_dev
    except OSError:
        return None
    part = (root / f"sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve()
    disk = part.parent if (part / "partition").exists() else part
    return disk if (disk / "stat").exists() else None


def _wear(disk: Path) -> CheckResult:
    life, end = _words(disk / "device/life_time"), _words(disk / "device/pre_eol_info")
    if life:
        used = max(int(one, 16) for one in life)
        detail = f"{disk.name} tells that {(used - 1) * 10} to {used * 10} % of its life is used"
        if (end and int(end[0], 16) > 1) or used >= _WORN:
            return CheckResult("wear", WARNING, detail, "save the settings and replace it soon")
        return CheckResult("wear", OK, detail)
    if _words(disk / "device/type") == ["SD"]:
        detail = f"{disk.name} is an SD card, and those do not tell; how much is written says how it is treated"
        return CheckResult("wear", SKIPPED, detail)
    return CheckResult("wear", SKIPPED, f"{disk.name} does not tell its wear here")


def _written(disk: Path, patient: CheckContext) -> Iterator[CheckResult]:
    counts, uptime = _words(disk / "stat"), _words(patient.root / "proc/uptime")
    if len(counts) > 6 and uptime and float(uptime[0]) > _SETTLED_S:
        a_day = int(counts[6]) * _SECTOR / float(uptime[0]) * _DAY_S
        yield CheckResult("written", OK, f"{_megabytes(a_day)} a day go to {disk.name}, from all programs together")
    if patient.live is not None:
        yield from _written_by_agent(patient.root / f"proc/{patient.live['pid']}", uptime)


def _written_by_agent(process: Path, uptime: list[str]) -> Iterator[CheckResult]:
    try:
        lines = dict(line.split(": ") for line in (process / "io").read_text().splitlines())
        began_ticks = int((process / "stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return  # another user's, or ended
    age_s = float(uptime[0]) - began_ticks / os.sysconf("SC_CLK_TCK") if uptime else 0
    if age_s > _SETTLED_S:
        a_day = int(lines["write_bytes"]) / age_s * _DAY_S
        yield CheckResult("written", OK, f"{_megabytes(a_day)} of them a day are pushglance's")


def _megabytes(count: float) -> str:
    return f"{count / _MEGABYTE:.1f} MB" if count < 100 * _MEGABYTE else f"{count / _MEGABYTE:.0f} MB"


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []
