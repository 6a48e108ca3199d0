"""The Plan of the last start, cached next to the store: a start with unchanged settings need not check them again.

Checking needs pydantic, which takes a Pi Zero longer than everything else together. The file holds no secret, only the
place of each one; secrets are read at each start. The cached Plan is used only if all that a Plan depends
on is unchanged, and only this user can have written the file. Otherwise the settings are checked again.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pushglance
from pushglance.small_files import NO_LINK, open_file, read_small_file

from .paths import state_dir

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan, SecretsPlan

NAME = "pushglance.plan"
FROM_FILE = "file "  # prefix of an origin: the secret is the content of that file
FROM_CREDENTIAL = "systemd credential "  # the same, in $CREDENTIALS_DIRECTORY
_CODE = ("settings", "plan", "core")  # packages that turn settings into a Plan
_SECRET_SUFFIXES = ("TOKEN", "USER", "PASSWORD", "PROXY")  # of environment variables
_PROXY_VARIABLES = ("https_proxy", "all_proxy", "no_proxy", "request_method")  # all that urllib looks at
_FILE_KEYS = ("ca_file", "cert_file", "key_file")  # files that the check of the settings has found readable
_SECRET_BYTES_MAX = 4096  # as in the settings
_BYTES_MAX = 8 << 20


class CacheMiss(Exception):  # noqa: N818 - a normal result, like StopIteration
    """Leave `load`: the settings must be checked."""


def cache_key(config: Path) -> bytes:
    """Return a digest of all that the Plan made of the settings at `config` depends on, except the secrets themselves.

    It is empty if a part of that cannot be read; then nothing is saved or loaded.
    """
    try:
        return hashlib.sha256(json.dumps(list(_key_parts(config))).encode()).digest()
    except OSError:
        return b""


def _key_parts(config: Path) -> Iterator[Any]:
    yield from (pushglance.__version__, sys.version, str(config), os.geteuid(), os.uname().nodename)
    yield hashlib.sha256(read_small_file(config, _BYTES_MAX)).hexdigest()
    for name, value in sorted(os.environ.items()):
        if name.lower() in _PROXY_VARIABLES:
            yield name, value  # with a login nothing is cached
        elif name.startswith("PUSHGLANCE_"):
            yield name, bool(value) if name.endswith(_SECRET_SUFFIXES) else value
    yield os.environ.get("HOME", "")
    yield from _credentials()
    package = Path(pushglance.__file__).parent
    for folder in _CODE:
        yield folder, sorted(_code_files(str(package / folder)))


def _code_files(folder: str) -> Iterator[tuple[str, int, int]]:
    """Yield (path, size, mtime) of each Python file in a folder and the folders below it."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                status = entry.stat()
                yield entry.path, status.st_size, status.st_mtime_ns
            elif entry.is_dir() and entry.name != "__pycache__":
                yield from _code_files(entry.path)


def _credentials() -> Iterator[tuple[str, bool]]:
    """Yield the path of each systemd credential and whether it has content; an empty one is a placeholder."""
    directory = os.environ.get("CREDENTIALS_DIRECTORY", "")
    for path in sorted(Path(directory).iterdir()) if directory else ():
        if path.is_file():
            yield str(path), bool(read_small_file(path, _SECRET_BYTES_MAX).strip())


def save(plan: "Plan", origins: "SecretsPlan", config: Path, key: bytes) -> None:
    """Save the Plan of the settings at `config`; `origins` are the places of its secrets.

    Nothing is saved if the cache key has changed since the settings were read (`key`), or if a secret is in the
    settings themselves or in the environment.
    """
    path = state_dir() / NAME
    with suppress(OSError):  # no directory yet, or a full disk: the next start is as slow as this one
        if not key or key != cache_key(config) or not all(map(_can_be_read_again, _texts(origins))):
            path.unlink(missing_ok=True)
            return
        body = json.dumps({"plan": {**plan, "secrets": origins}, "keys": _digest_of_keys(plan["secrets"])}).encode()
        temporary = path.with_suffix(".tmp")
        temporary.unlink(missing_ok=True)
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(_checksum(key, body) + b"\n" + body)
        temporary.replace(path)  # a torn file does no harm: its checksum is wrong


def load(config: Path) -> "Plan | None":
    """Return the Plan that the settings at `config` would become, with its secrets, or None if they must be checked."""
    try:
        checksum, _, body = _read_own(state_dir() / NAME).partition(b"\n")
        key = cache_key(config)
        if not key or checksum != _checksum(key, body):
            return None
        cached = json.loads(body)
        plan: Plan = cached["plan"]
        plan["secrets"] = _read_secrets(plan["secrets"])
        has_files = all(os.access(path, os.R_OK) and Path(path).is_file() for path in _files_of(plan))
        # Accounts and fingerprints in a Plan are derived from its keys: with another key it is another Plan.
        return plan if has_files and cached["keys"] == _digest_of_keys(plan["secrets"]) else None
    except (OSError, ValueError, CacheMiss):
        return None


def _read_own(path: Path) -> bytes:
    """Return the content of a file that no other user can have written or read. Raises CacheMiss."""
    with open_file(path, NO_LINK) as file:
        status = os.fstat(file.fileno())
        if status.st_uid != os.geteuid() or status.st_mode & 0o077:
            raise CacheMiss
        return file.read(_BYTES_MAX)


def _checksum(key: bytes, body: bytes) -> bytes:
    return hashlib.sha256(key + body).hexdigest().encode()


def _digest_of_keys(secrets: "SecretsPlan") -> str:
    """Return a digest of the token and the user keys. Passwords are left out: they could be guessed from a digest."""
    return hashlib.sha256(json.dumps([secrets["token"], sorted(secrets["users"].items())]).encode()).hexdigest()


def _texts(secrets: Any) -> Iterator[str]:
    for value in secrets.values():
        yield from value.values() if isinstance(value, dict) else (value,)


def _can_be_read_again(origin: str) -> bool:
    is_absolute_file = origin.startswith(FROM_FILE) and Path(origin.removeprefix(FROM_FILE)).is_absolute()
    return not origin or is_absolute_file or origin.startswith(FROM_CREDENTIAL)


def _read_secrets(origins: Any) -> Any:
    """Return the secrets at these places, in the same structure."""
    return {
        name: _read_secrets(origin) if isinstance(origin, dict) else _read_secret(origin)
        for name, origin in origins.items()
    }


def _read_secret(origin: str) -> str:
    if not origin:
        return ""
    path = Path(origin.removeprefix(FROM_FILE))
    if origin.startswith(FROM_CREDENTIAL):
        path = Path(os.environ["CREDENTIALS_DIRECTORY"]) / origin.removeprefix(FROM_CREDENTIAL)
    text = read_small_file(path, _SECRET_BYTES_MAX).decode().strip()
    if not text:
        raise CacheMiss
    return text


def _files_of(plan: Any) -> Iterator[str]:
    for section in ("pushover", "mqtt", "cluster"):
        for name in _FILE_KEYS:
            path = (plan.get(section) or {}).get(name)
            if path:
                yield path
