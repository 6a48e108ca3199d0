"""Check the settings as the service reads them: its file, and its keys if this user may read them."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG, CheckResult
from pushglance.errors import SettingsError
from pushglance.plan import compile_plan
from pushglance.plan.plan_warnings import plan_warnings
from pushglance.settings import load_settings, settings_path

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan

_VARIABLE = "CREDENTIALS_DIRECTORY"
# Where systemd puts the unit's credentials while it runs (decrypted, in memory), and where the installer stores them.
_RUNNING, _INSTALLED = Path("run/credentials/pushglance.service"), Path("etc/pushglance/credentials")
_SYSTEM = Path("etc/pushglance")


class LoadedSettings:
    """Load the settings once: `plan` (None if they cannot be read), `has_keys`, and the `results` of loading them."""

    def __init__(self, path: Path | None, root: Path = Path("/")) -> None:
        self.plan: Plan | None = None
        self.has_keys = False
        self._path = settings_path(path).absolute()
        self._root = root
        self.results: list[CheckResult] = [*self._load()]

    def _load(self) -> Iterator[CheckResult]:
        is_system = self._path.parent == self._root / _SYSTEM
        unreadable = self._use_credentials() if is_system and _VARIABLE not in os.environ else ""
        try:
            settings = load_settings(self._path)
            self.has_keys = is_valid = True
        except SettingsError as error:
            try:
                settings = load_settings(self._path, are_keys_needed=False)
            except SettingsError as error_without_keys:
                # Keys that this user may not read are not an error of the settings.
                shown = error_without_keys if unreadable else error
                hint = f"fix it; then pushglance check -c {self._path}"
                yield from (CheckResult("settings", WRONG, line, hint) for line in str(shown).splitlines())
                return
            is_valid = bool(unreadable)
            if unreadable:
                message = f"the keys cannot be read ({unreadable}); everything else is checked without them"
                yield CheckResult("settings", SKIPPED, message, "sudo pushglance doctor, while the service runs")
            else:
                yield from (CheckResult("settings", WRONG, line) for line in str(error).splitlines())
        self.plan = compile_plan(settings)
        if is_valid:
            yield CheckResult("settings", OK, f"{self._path} has no errors")
        yield from (CheckResult("settings", WARNING, caution) for caution in plan_warnings(settings))

    def _use_credentials(self) -> str:
        """Point the settings at the unit's credentials; return why they cannot be read, or ""."""
        unreadable = ""
        for directory in (self._root / _RUNNING, self._root / _INSTALLED):
            try:
                if any(path.suffix == "" for path in directory.iterdir()):  # only systemd can read encrypted files
                    os.environ[_VARIABLE] = str(directory)
                    return ""
                unreadable = ""
                if has_encrypted_credentials(directory):
                    unreadable = f"those in {directory} are encrypted, and the service does not run"
            except FileNotFoundError:
                continue
            except OSError:
                unreadable = f"this user may not read {directory}"
        return unreadable


def has_encrypted_credentials(directory: Path) -> bool:
    """Return whether a directory holds encrypted credentials."""
    return any(directory.glob("*.encrypted"))
