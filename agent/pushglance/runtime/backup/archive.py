"""The file that `pushglance backup` writes: a compressed tar archive of a few files, each of a limited size."""

import io
import json
import os
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pushglance.errors import PushglanceError, file_problem

_HEAD = "backup.json"
_SETTINGS = "pushglance.toml"
_STORE = "pushglance.db"
_KEYS = "keys.json"
_BYTES_MAX = {_HEAD: 1 << 16, _SETTINGS: 1 << 20, _STORE: 1 << 28, _KEYS: 1 << 16}
_FORMAT = 1


class Backup(NamedTuple):
    """What a backup holds. `keys` are secrets by their place in the settings, such as "pushover.token"."""

    version: str  # of the pushglance that wrote it
    made_wall_ms: int
    store_format: int
    settings: str
    store: bytes  # b"": there was none
    keys: dict[str, str]


def write_backup(path: Path, backup: Backup) -> None:
    """Write the archive, readable by its owner only; an older file of this name is replaced in one step."""
    head = {
        "format": _FORMAT,
        "version": backup.version,
        "made_wall_ms": backup.made_wall_ms,
        "store_format": backup.store_format,
    }
    members = {_HEAD: json.dumps(head).encode(), _SETTINGS: backup.settings.encode(), _STORE: backup.store}
    if backup.keys:
        members[_KEYS] = json.dumps(backup.keys).encode()
    temporary = path.with_name(f"{path.name}.new")
    try:
        temporary.unlink(missing_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz") as archive:
                for name, content in members.items():
                    member = tarfile.TarInfo(name)
                    member.size, member.mode, member.mtime = len(content), 0o600, backup.made_wall_ms // 1000
                    archive.addfile(member, io.BytesIO(content))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise PushglanceError(f"{path} cannot be written ({file_problem(error)}): name another file") from error


def read_backup(path: Path) -> Backup:
    """Return the content of an archive. Raises PushglanceError if it is not one, or not whole."""
    try:
        with tarfile.open(path, mode="r|gz") as archive:
            members = _read_members(archive)
        head = json.loads(members[_HEAD])
        if head["format"] > _FORMAT:
            raise PushglanceError(
                f"{path} was made by pushglance {head['version']}: install that version, or a newer one"
            )
        return Backup(
            *(head["version"], int(head["made_wall_ms"]), int(head["store_format"])),
            members[_SETTINGS].decode(),
            members[_STORE],
            _texts(json.loads(members.get(_KEYS, b"{}"))),
        )
    except FileNotFoundError:
        raise PushglanceError(f"{path} does not exist: name the file that  pushglance backup FILE  wrote") from None
    except PermissionError:
        raise PushglanceError(f"this user may not read {path}: put sudo in front of the command") from None
    except (OSError, EOFError, tarfile.TarError, zlib.error, ValueError, LookupError, TypeError) as error:
        raise PushglanceError(
            f"{path} is not a backup of pushglance, or it is not whole ({error}): name the file that  "
            "pushglance backup FILE  wrote"
        ) from error


def _read_members(archive: tarfile.TarFile) -> Mapping[str, bytes]:
    """Return the members by name. An unknown, repeated or large one is an error before its content is read."""
    members: dict[str, bytes] = {}
    for member in archive:
        if not member.isreg() or member.name in members or member.size > _BYTES_MAX.get(member.name, -1):
            raise ValueError(f"unexpected content {member.name[:40]!r}")
        file = archive.extractfile(member)
        members[member.name] = file.read() if file else b""
    return members


def _texts(keys: Any) -> dict[str, str]:
    if not isinstance(keys, dict) or not all(isinstance(key, str) for key in keys.values()):
        raise TypeError("invalid keys")
    return keys
