"""Placeholders for secrets: a replay sends nothing, so it needs no keys."""

import hashlib
from typing import Any

from pushglance.settings.values.secrets import Secret

_KEY_CHARACTERS = 30  # of a Pushover key
_SECRETS = {"pushover": ("token", "user"), "mqtt": ("password",)}


def with_placeholder_keys(tree: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with each secret replaced; equal user keys get equal placeholders."""
    replaced = dict(tree)
    for section, keys in _SECRETS.items():
        table = tree.get(section, {} if section == "pushover" else None)
        if isinstance(table, dict):
            replaced[section] = _replaced(table, keys)
            if section == "pushover":
                replaced[section] |= {key: Secret(_placeholder_key(key), "") for key in keys}
    watches = tree.get("watches")
    if isinstance(watches, dict):
        replaced["watches"] = {name: _with_user(watch) for name, watch in watches.items()}
    return replaced


def _replaced(table: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    removed = {*keys, *(f"{key}_file" for key in keys)}
    return {key: value for key, value in table.items() if key not in removed}


def _with_user(watch: Any) -> Any:
    if not isinstance(watch, dict):
        return watch
    written = watch.get("user", watch.get("user_file"))
    rest = _replaced(watch, ("user",))
    return rest if written is None else rest | {"user": _placeholder_key(str(written))}


def _placeholder_key(written: str) -> str:
    return hashlib.sha256(written.encode()).hexdigest()[:_KEY_CHARACTERS]
