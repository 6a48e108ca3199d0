"""Settings and keys for a backup: the text of the file without keys, and the keys separately."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit

from pushglance.errors import PushglanceError
from pushglance.settings.loading.layers import CREDENTIALS, secret_places, secrets_tree
from pushglance.settings.loading.toml_file import read_toml
from pushglance.settings.values.secrets import Secret

SYSTEM_FOLDER = Path("/etc/pushglance")


def settings_without_keys(path: Path) -> str:
    """Return the text of the settings file without the keys in it. Raises SettingsError."""
    toml = read_toml(path)
    document = tomlkit.parse(path.read_text("utf-8-sig"))
    secrets = []
    for *tables, key in secret_places(toml, {}):
        if isinstance(secret := _at(document, (*tables, key)), str):
            secrets.append(str(secret))
            del _table(document, tables)[key]
    text = tomlkit.dumps(document)
    for secret in secrets:  # also in a comment
        text = text.replace(secret, "...") if len(secret) >= 8 else text
    return text


def read_keys(path: Path) -> dict[str, str]:
    """Return the keys of the agent with this settings file: {place: key}. Raises PushglanceError."""
    toml = read_toml(path)
    folder = credentials_folder(path)
    if folder:
        os.environ.setdefault("CREDENTIALS_DIRECTORY", str(folder))
    found = secrets_tree(toml, {})
    keys: dict[str, str] = {}
    for place in secret_places(toml, {}):
        written: Any = _at(found, place) or _at(toml, place)
        if isinstance(written, Secret):
            keys[".".join(place)] = written.get_secret_value()
        elif isinstance(written, str):
            keys[".".join(place)] = written
        elif folder and place in CREDENTIALS:
            keys |= _decrypt(folder / f"{CREDENTIALS[place]}.encrypted", ".".join(place), CREDENTIALS[place])
    return keys


def split_keys(text: str, settings: Path, keys: Mapping[str, str]) -> tuple[str, dict[Path, str]]:
    """Return the settings with the keys that belong into their file, and the other keys by the file of each."""
    document = tomlkit.parse(text)
    folder = credentials_folder(settings)
    files: dict[Path, str] = {}
    for name, key in keys.items():
        *tables, last = place = tuple(name.split("."))
        named = _at(document, (*tables, f"{last}_file"))
        if isinstance(named, str):
            files[settings.absolute().parent / Path(named).name] = key  # its folder may not exist here
            _table(document, tables)[f"{last}_file"] = Path(named).name
        elif folder and place in CREDENTIALS:
            files[folder / CREDENTIALS[place]] = key
        else:
            _table(document, tables)[last] = key
    return tomlkit.dumps(document), files


def credentials_folder(settings: Path) -> Path | None:
    """Return where systemd finds the keys of the agent with these settings, None if it is not the system's."""
    return SYSTEM_FOLDER / "credentials" if settings.absolute().parent == SYSTEM_FOLDER else None


def _decrypt(path: Path, place: str, name: str) -> dict[str, str]:
    """Return the key that scripts/install encrypted for this machine, nothing if there is none."""
    if not path.exists():
        return {}
    command = ["systemd-creds", "decrypt", f"--name={name}", str(path), "-"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no secret in it
    if result.returncode:
        raise PushglanceError(
            f"{path} cannot be decrypted ({result.stderr.strip()}): type  sudo pushglance backup --keys"
        )
    return {place: result.stdout.strip()}


def _at(tree: Any, place: Sequence[str]) -> Any:
    """Return the value at a place, None if there is none."""
    for name in place:
        tree = tree.get(name) if isinstance(tree, Mapping) else None
    return tree


def _table(document: Any, tables: Sequence[str]) -> Any:
    """Return a table of the document, created if it does not exist."""
    for name in tables:
        if name not in document:
            document[name] = tomlkit.table()
        document = document[name]
    return document
