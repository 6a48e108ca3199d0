"""The settings as the service would read them: its file, and its keys where this user may see them."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG, CheckResult
from pushglance.errors import SettingsError
from pushglance.plan import compile_plan
from pushglance.plan.plan_warnings import cautions
from pushglance.settings import load_settings, settings_path

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan

_VARIABLE = "CREDENTIALS_DIRECTORY"
# Where systemd puts the unit's credentials while it runs (in memory, decrypted), and where they come from.
_RUNNING, _KEPT = Path("run/credentials/pushglance.service"), Path("etc/pushglance/credentials")
_SYSTEM = Path("etc/pushglance")


class Reading:
    """Read the settings once: `plan`, `has_keys`, and the `findings` on the way."""

    def __init__(self, path: Path | None, root: Path = Path("/")) -> None:
        self.plan: Plan | None = None
        self.has_keys = False
        self.findings: list[CheckResult] = []
        self._path = settings_path(path).absolute()
        self._root = root
        self.findings += self._read()

    def _read(self) -> Iterator[CheckResult]:
        is_system = self._path.parent == self._root / _SYSTEM
        closed = self._lend_credentials() if is_system and _VARIABLE not in os.environ else ""
        try:
            settings = load_settings(self._path)
            self.has_keys = is_well = True
        except SettingsError as error:
            try:
                settings = load_settings(self._path, are_keys_needed=False)
            except SettingsError as without_keys:
                # Keys that this user may not read are no mistake of the settings.
                told = without_keys if closed else error
                cure = f"mend it; pushglance check -c {self._path} looks again"
                yield from (CheckResult("settings", WRONG, line, cure) for line in str(told).splitlines())
                return
            is_well = bool(closed)
            if closed:
                detail = f"the keys cannot be read ({closed}): all else is looked at without them"
                yield CheckResult("settings", SKIPPED, detail, "sudo pushglance doctor, while the service runs")
            else:
                yield from (CheckResult("settings", WRONG, line) for line in str(error).splitlines())
        self.plan = compile_plan(settings)
        if is_well:
            yield CheckResult("settings", OK, f"{self._path} has no mistakes")
        yield from (CheckResult("settings", WARNING, caution) for caution in cautions(settings))

    def _lend_credentials(self) -> str:
        """Let the settings find the unit's credentials; return why not, or ""."""
        closed = ""
        for directory in (self._root / _RUNNING, self._root / _KEPT):
            try:
                if any(one.suffix == "" for one in directory.iterdir()):  # sealed ones can only be read by systemd
                    os.environ[_VARIABLE] = str(directory)
                    return ""
                closed = (
                    f"those in {directory} are sealed, and the service does not run" if is_sealed(directory) else ""
                )
            except FileNotFoundError:
                continue
            except OSError:
                closed = f"{directory} is closed to this user"
        return closed


def is_sealed(directory: Path) -> bool:
    """Tell whether a directory holds encrypted credentials."""
    return any(directory.glob("*.encrypted"))
