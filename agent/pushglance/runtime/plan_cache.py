"""The Plan of the last start, kept beside the store: a start with unchanged settings need not check them again.

Checking takes pydantic, and that takes a Pi Zero longer than everything else together. What is kept holds no secret,
only where each one stands; they are read anew at each start. It is taken up if nothing has changed that a Plan depends
on and if it is surely ours. Any doubt, and the settings are checked as if nothing had been kept.
"""

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pushglance

from .paths import state_dir

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan, SecretsPlan

NAME = "pushglance.plan"
FROM_FILE = "file "  # so an origin begins: the secret is what that file holds
FROM_CREDENTIAL = "systemd credential "  # the same, in $CREDENTIALS_DIRECTORY
_CODE = ("settings", "settings/checks", "plan", "core")  # what makes a Plan of settings
_SECRET_ENDINGS = ("TOKEN", "USER", "PASSWORD")  # of variables
_FILES = ("ca_file", "cert_file", "key_file")  # which the settings' check has found readable
_SECRET_BYTES = 4096  # as the settings take it
_BYTES_MAX = 8 << 20


class _DoubtError(Exception):
    """End the quick way."""


def circumstances(config: Path) -> bytes:
    """Return a digest of all that decides which Plan the settings at `config` become, but for secrets themselves.

    It is empty where something of that cannot be read: then nothing is kept, and nothing taken up.
    """
    try:
        return hashlib.sha256(json.dumps(list(_circumstances(config))).encode()).digest()
    except OSError:
        return b""


def _circumstances(config: Path) -> Iterator[Any]:
    yield from (pushglance.__version__, sys.version, str(config), os.geteuid(), os.uname().nodename)
    with config.open("rb") as file:
        yield hashlib.sha256(file.read(_BYTES_MAX)).hexdigest()
    for name, value in sorted(os.environ.items()):
        if name.startswith("PUSHGLANCE_"):
            yield name, bool(value) if name.endswith(_SECRET_ENDINGS) else value
    yield os.environ.get("HOME", "")
    yield from _credentials()
    package = Path(pushglance.__file__).parent
    for folder in _CODE:
        with os.scandir(package / folder) as entries:
            code = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith(".py")]
        yield folder, sorted((name, status.st_size, status.st_mtime_ns) for name, status in code)


def _credentials() -> Iterator[tuple[str, bool]]:
    """Yield which there are, and whether they are more than a stand-in."""
    directory = os.environ.get("CREDENTIALS_DIRECTORY", "")
    for path in sorted(Path(directory).iterdir()) if directory else ():
        if path.is_file():
            yield str(path), bool(path.read_bytes()[:_SECRET_BYTES].strip())


def keep(plan: "Plan", origins: "SecretsPlan", config: Path, digest: bytes) -> None:
    """Keep a Plan of the settings at `config`; `origins` tell where its secrets stand.

    Nothing is kept if the circumstances before the settings were read, `digest`, are no more, or if a secret stands in
    the settings themselves or in the environment.
    """
    path = state_dir() / NAME
    with suppress(OSError):  # no directory yet, or a full card: the next start is as slow as this one
        if not digest or digest != circumstances(config) or not all(map(_can_be_read_anew, _texts(origins))):
            path.unlink(missing_ok=True)
            return
        body = json.dumps({"plan": {**plan, "secrets": origins}, "keys": _digest_of_keys(plan["secrets"])}).encode()
        beside = path.with_suffix(".tmp")
        beside.unlink(missing_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(_checksum(digest, body) + b"\n" + body)
        beside.replace(path)  # a torn file is no harm: its checksum is wrong


def take_up(config: Path) -> "Plan | None":
    """Return the Plan that the settings at `config` would become, with its secrets; None: they must be checked."""
    try:
        checksum, _, body = _read_own(state_dir() / NAME).partition(b"\n")
        digest = circumstances(config)
        if not digest or checksum != _checksum(digest, body):
            return None
        kept = json.loads(body)
        plan: Plan = kept["plan"]
        plan["secrets"] = _fetch(plan["secrets"])
        has_files = all(os.access(path, os.R_OK) and Path(path).is_file() for path in _files_of(plan))
        # Accounts and fingerprints in a Plan are of its keys: with another key it is another Plan.
        return plan if has_files and kept["keys"] == _digest_of_keys(plan["secrets"]) else None
    except (OSError, ValueError, _DoubtError):
        return None


def _read_own(path: Path) -> bytes:
    """Return what a file holds that nobody else can have written or read."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
            raise _DoubtError
        return file.read(_BYTES_MAX)


def _checksum(digest: bytes, body: bytes) -> bytes:
    return hashlib.sha256(digest + body).hexdigest().encode()


def _digest_of_keys(secrets: "SecretsPlan") -> str:
    """Return a digest of token and users, 30 characters drawn by lot each. Not of passwords, which could be guessed."""
    return hashlib.sha256(json.dumps([secrets["token"], sorted(secrets["users"].items())]).encode()).hexdigest()


def _texts(secrets: Any) -> Iterator[str]:
    for value in secrets.values():
        yield from value.values() if isinstance(value, dict) else (value,)


def _can_be_read_anew(origin: str) -> bool:
    is_there_again = origin.startswith(FROM_FILE) and Path(origin.removeprefix(FROM_FILE)).is_absolute()
    return not origin or is_there_again or origin.startswith(FROM_CREDENTIAL)


def _fetch(origins: Any) -> Any:
    """Return the secrets that stand at these places."""
    return {name: _fetch(one) if isinstance(one, dict) else _secret(one) for name, one in origins.items()}


def _secret(origin: str) -> str:
    if not origin:
        return ""
    path = Path(origin.removeprefix(FROM_FILE))
    if origin.startswith(FROM_CREDENTIAL):
        path = Path(os.environ["CREDENTIALS_DIRECTORY"]) / origin.removeprefix(FROM_CREDENTIAL)
    with path.open("rb") as file:
        text = file.read(_SECRET_BYTES + 1).decode().strip()
    if not text or len(text) > _SECRET_BYTES:
        raise _DoubtError
    return text


def _files_of(plan: Any) -> Iterator[str]:
    for section in ("pushover", "mqtt", "cluster"):
        for name in _FILES:
            path = (plan.get(section) or {}).get(name)
            if path:
                yield path
