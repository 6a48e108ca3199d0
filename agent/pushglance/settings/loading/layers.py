"""Where settings come from: the environment over credentials and secret files over the TOML file.

The sources only fetch; what they cannot fetch they replace by a value that fails in its place with a sentence, so that
all mistakes are told at once.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from pushglance.settings.errors.issues import ENV_NESTING, ENV_PREFIX, Place
from pushglance.settings.values.values import Secret, UnreadableSecret

Tree = dict[str, Any]

_SECRET_KEYS = ("token", "user", "password")
_CREDENTIALS: dict[Place, str] = {
    ("pushover", "token"): "pushover_token",
    ("pushover", "user"): "pushover_user",
    ("mqtt", "password"): "mqtt_password",
    ("cluster", "password"): "cluster_password",
}
_KEY_LIKE_NAME = re.compile(r"[A-Za-z0-9]{30}")
_SECRET_BYTES = 4096  # far above any key: whoever names a big file by mistake gets a sentence, not a full memory


class _Fetched(PydanticBaseSettingsSource):
    """A source that hands over one whole tree; pydantic-settings merges the trees by their order."""

    def __init__(self, settings_cls: type[BaseSettings], tree: Tree) -> None:
        super().__init__(settings_cls)
        self.tree = tree

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return one value of the tree; pydantic-settings asks for the whole tree instead."""
        del field
        return self.tree.get(field_name), field_name, False

    def __call__(self) -> Tree:
        return self.tree


def layers(settings_cls: type[BaseSettings], toml: Tree, typed: Tree) -> tuple[PydanticBaseSettingsSource, ...]:
    """Return the sources, the strongest first; a secret file steps back where the environment gives the secret."""
    environment = environment_tree(os.environ)
    secrets = secrets_tree(toml, environment)
    return tuple(_Fetched(settings_cls, tree) for tree in (typed, secrets, environment, toml))


def environment_tree(environ: Mapping[str, str]) -> Tree:
    """Return what PUSHGLANCE_SECTION__KEY variables say; an empty one says nothing."""
    tree: Tree = {}
    for name in sorted(environ):
        if not name.startswith(ENV_PREFIX) or ENV_NESTING not in name or not environ[name]:
            continue
        *tables, key = name.removeprefix(ENV_PREFIX).lower().split(ENV_NESTING)
        _descend(tree, tables)[key] = Secret(environ[name], "environment") if key in _SECRET_KEYS else environ[name]
    return tree


def secrets_tree(toml: Tree, environment: Tree) -> Tree:
    """Return the secrets that stand in files: named by the environment, else credentials, else named by the TOML."""
    tree: Tree = {}
    for place in _secret_places(toml, environment):
        *tables, key = place
        found = _from_file(place, _table(toml, tables), _table(environment, tables))
        if found is not None:
            _descend(tree, tables)[key] = found
    return tree


def read_secret(path: Path, origin: str) -> Secret | UnreadableSecret:
    """Return what a small text file holds, without the white space around it."""
    if _KEY_LIKE_NAME.fullmatch(path.name):
        return UnreadableSecret("this looks like the key itself and not like the path of a file that holds it")
    try:
        with path.open("rb") as file:
            text = file.read(_SECRET_BYTES + 1).decode().strip()
    except OSError as error:
        reason = (error.strerror or "it cannot be opened").lower()
        return UnreadableSecret(f"cannot read {path} ({reason}); write the secret into that file, or name another one")
    except UnicodeDecodeError:
        text = ""
    if not text or len(text) > _SECRET_BYTES:
        return UnreadableSecret(f"{path} should hold the secret as one line of text, and nothing else")
    return Secret(text, origin)


def _secret_places(toml: Tree, environment: Tree) -> Iterator[Place]:
    yield "pushover", "token"
    yield "pushover", "user"
    for table in ("mqtt", "cluster"):
        if table in toml or table in environment:  # a credential alone asks for no broker and no store
            yield table, "password"
    yield "board", "password"
    for name in {**_table(toml, ["watches"]), **_table(environment, ["watches"])}:
        yield "watches", name, "user"


def _from_file(place: Place, toml: Tree, environment: Tree) -> Secret | UnreadableSecret | None:
    """Return the secret of a place as a file gives it; None: no file does, or the environment gives the secret."""
    key = place[-1]
    file_key = f"{key}_file"
    twice = UnreadableSecret(f"{key} and {file_key} are both given; keep one of them")
    if key in environment:
        return twice if file_key in environment else None
    if file_key in environment:
        return read_secret(Path(environment[file_key]), f"file {environment[file_key]}")
    directory = os.environ.get("CREDENTIALS_DIRECTORY", "")
    credential = _CREDENTIALS.get(place, "")
    path = Path(directory) / credential
    # systemd may put an empty one as a stand-in where an optional credential is missing
    if directory and credential and path.exists() and not _is_blank(path):
        return read_secret(path, f"systemd credential {credential}")
    if isinstance(toml.get(file_key), str):
        return twice if key in toml else read_secret(Path(toml[file_key]), f"file {toml[file_key]}")
    return None


def _is_blank(path: Path) -> bool:
    try:
        return not path.read_bytes()[:_SECRET_BYTES].strip()
    except OSError:
        return False


def _table(tree: Tree, path: Sequence[str]) -> Tree:
    """Return the table at a path, an empty one where there is none."""
    for part in path:
        inner = tree.get(part)
        tree = inner if isinstance(inner, dict) else {}
    return tree


def _descend(tree: Tree, path: Sequence[str]) -> Tree:
    """Return the table at a path, made where there is none."""
    for part in path:
        inner = tree.get(part)
        tree[part] = tree = inner if isinstance(inner, dict) else {}
    return tree
