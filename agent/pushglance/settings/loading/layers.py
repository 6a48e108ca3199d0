"""Layers of settings: the environment overrides credentials and secret files, which override the TOML file.

A secret that cannot be read becomes an `UnreadableSecret`, which fails validation with a sentence. So all errors are
reported at once.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from pushglance.errors import SettingsError, file_problem
from pushglance.settings.errors.issues import ENV_NESTING, ENV_PREFIX, Place
from pushglance.settings.values.secrets import Secret, UnreadableSecret
from pushglance.small_files import read_small_file

Tree = dict[str, Any]

_SECRET_KEYS = ("token", "user", "password", "proxy")
CREDENTIALS: dict[Place, str] = {
    ("pushover", "token"): "pushover_token",
    ("pushover", "user"): "pushover_user",
    ("mqtt", "password"): "mqtt_password",
    ("cluster", "password"): "cluster_password",
}
_HALF_PAIR = r"[\ud800-\udfff]"
_KEY_LIKE_NAME = re.compile(r"[A-Za-z0-9]{30}")
_LEVELS_MAX = 10
_SECRET_BYTES_MAX = 4096  # far above any key; a big file named by mistake gives an error and does not fill the memory


class _Layers(BaseSettings):
    """Merge trees of settings. In `_Layers(layers=[...])` the first tree wins; the result is `model_extra`."""

    model_config = SettingsConfigDict(extra="allow", hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return one source for each layer; the standard ones cannot report all errors of secrets at once."""
        del env_settings, dotenv_settings, file_secret_settings
        return tuple(InitSettingsSource(settings_cls, tree) for tree in init_settings()["layers"])


def read_layers(toml: Tree, overrides: Tree) -> Tree:
    """Merge `overrides`, secret files, the environment and `toml` into one tree; the first that has a value wins.

    A secret file is not read if the environment sets the secret.
    """
    environment = environment_tree(os.environ)
    layers = [overrides, secrets_tree(toml, environment), environment, toml]
    return _Layers(layers=layers).model_extra or {}  # type: ignore[call-arg] # pydantic-settings declares no fields


def environment_tree(environ: Mapping[str, str]) -> Tree:
    """Return the values of the PUSHGLANCE_SECTION__KEY variables; empty ones are ignored. Raises SettingsError."""
    tree: Tree = {}
    # Bytes that are not UTF-8 become half surrogate pairs, which no error about the value could show.
    names = [name for name in sorted(environ) if name.startswith(ENV_PREFIX) and ENV_NESTING in name]
    broken = [name for name in names if re.search(_HALF_PAIR, environ[name])]
    if broken:
        raise SettingsError("\n".join(f"{name}: it is not UTF-8 text" for name in broken))
    for name in names:
        if not environ[name]:
            continue
        *tables, key = name.removeprefix(ENV_PREFIX).lower().split(ENV_NESTING)
        if len(tables) > _LEVELS_MAX:
            raise SettingsError(f"{name[:40]}...: no setting has more than four levels; remove this variable")
        _get_or_create_table(tree, tables)[key] = (
            Secret(environ[name], "environment") if key in _SECRET_KEYS else environ[name]
        )
    return tree


def secrets_tree(toml: Tree, environment: Tree) -> Tree:
    """Return the secrets that are stored in files.

    For each secret this is the file that the environment names, else the systemd credential, else the file that `toml`
    names.
    """
    tree: Tree = {}
    for place in secret_places(toml, environment):
        *tables, key = place
        secret = _from_file(place, _table(toml, tables), _table(environment, tables))
        if secret is not None:
            _get_or_create_table(tree, tables)[key] = secret
    return tree


def read_secret(path: Path, origin: str) -> Secret | UnreadableSecret:
    """Return the text of a small file, without leading and trailing white space."""
    if _KEY_LIKE_NAME.fullmatch(path.name):
        return UnreadableSecret("this looks like the key itself, not like the path of a file that holds it")
    if "\0" in str(path):
        return UnreadableSecret("a path cannot contain a null character")
    try:
        text = read_small_file(path, _SECRET_BYTES_MAX).decode().strip()
    except OSError as error:
        return UnreadableSecret(
            f"cannot read {path} ({file_problem(error)}); write the secret into that file, or name another file"
        )
    except UnicodeDecodeError:
        text = ""
    if not text:
        return UnreadableSecret(f"{path} must hold the secret as one line of text, and nothing else")
    return Secret(text, origin)


def secret_places(toml: Tree, environment: Tree) -> Iterator[Place]:
    """Yield the places of all secrets that these settings may have."""
    yield "pushover", "token"
    yield "pushover", "user"
    yield "pushover", "proxy"
    for table in ("mqtt", "cluster"):
        if table in toml or table in environment:  # a credential alone does not enable a broker or a store
            yield table, "password"
    yield "board", "password"
    for name in {**_table(toml, ["watches"]), **_table(environment, ["watches"])}:
        yield "watches", name, "user"


def _from_file(place: Place, toml: Tree, environment: Tree) -> Secret | UnreadableSecret | None:
    """Return the secret of a place from a file; None if no file has it, or if the environment sets the secret."""
    key = place[-1]
    file_key = f"{key}_file"
    conflict = UnreadableSecret(f"{key} and {file_key} are both set; keep one of them")
    if key in environment:
        return conflict if file_key in environment else None
    if file_key in environment:
        return read_secret(Path(environment[file_key]), f"file {environment[file_key]}")
    directory = os.environ.get("CREDENTIALS_DIRECTORY", "")
    credential = CREDENTIALS.get(place, "")
    path = Path(directory) / credential
    # systemd can provide an empty file for an optional credential that is missing.
    if directory and credential and path.exists() and not _is_blank(path):
        return read_secret(path, f"systemd credential {credential}")
    if isinstance(toml.get(file_key), str):
        return conflict if key in toml else read_secret(Path(toml[file_key]), f"file {toml[file_key]}")
    return None


def _is_blank(path: Path) -> bool:
    try:
        return not read_small_file(path, _SECRET_BYTES_MAX).strip()
    except OSError:
        return False


def _table(tree: Tree, path: Sequence[str]) -> Tree:
    """Return the table at a path, an empty one if it is missing."""
    for part in path:
        inner = tree.get(part)
        tree = inner if isinstance(inner, dict) else {}
    return tree


def _get_or_create_table(tree: Tree, path: Sequence[str]) -> Tree:
    """Return the table at a path; create it if it is missing."""
    for part in path:
        if not isinstance(tree.get(part), dict):
            tree[part] = {}
        tree = tree[part]
    return tree
