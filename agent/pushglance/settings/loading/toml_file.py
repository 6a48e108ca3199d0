"""The TOML file: found, read, and its paths made absolute. What cannot be read is one sentence with a line number."""

import os
import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from pushglance.errors import SettingsError
from pushglance.settings.errors.issues import section

DEFAULT_PATH = Path("/etc/pushglance/pushglance.toml")
CONFIG_VARIABLE = "PUSHGLANCE_CONFIG"

_UNQUOTED_DURATION = re.compile(r"\s*([\w.-]{1,40})\s*=\s*(\d{1,9}(?:\.\d{1,9})?(?:ms|s|min|h|d))\s*(?:#.*)?")
_DECLARED = re.compile(r"\('.*'\)|\('.*',\)")


def settings_path(path: Path | None) -> Path:
    """Return the path given, else the one in $PUSHGLANCE_CONFIG, else /etc/pushglance/pushglance.toml."""
    return path or Path(os.environ.get(CONFIG_VARIABLE) or DEFAULT_PATH)


def read_toml(path: Path) -> dict[str, Any]:
    """Return the file's tables, numbers with a point as Decimal. Raises SettingsError."""
    text = _read_text(path)
    problem = ""
    try:
        tree = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        problem = str(error)
    except (ValueError, RecursionError):
        problem = "A number or a list in a list has no end"
    if problem:  # raised here: the exception above may carry the whole text, secrets included
        raise SettingsError(_syntax_sentence(path, text, problem))
    _anchor(tree, path.absolute().parent)
    return tree


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "it cannot be opened").lower()
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"
    raise SettingsError(
        f"{path}: cannot read the settings ({reason}); start from pushglance.example.toml, or name another file: "
        f"type pushglance check --config PATH"
    )


def _syntax_sentence(path: Path, text: str, problem: str) -> str:
    """Return what is wrong with the syntax, the line's number but not its text, which may hold a secret."""
    lines = text.split("\n")
    found = re.search(r"\(at line (\d+), column (\d+)\)", problem)
    number = int(found[1]) if found else len(lines)
    told = _DECLARED.sub(_header, problem.split(" (at ", maxsplit=1)[0])
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    unquoted = _UNQUOTED_DURATION.fullmatch(line)
    if unquoted:
        hint = f'a duration is written in quotes; write {unquoted[1]} = "{unquoted[2]}"'
    elif told.startswith("Cannot"):
        hint = f"{told[:1].lower()}{told[1:]}; each section and each key of it may stand once, so remove one"
    else:
        hint = f'not TOML ({told[:1].lower()}{told[1:]}); text needs quotes, e.g. title = "Home"'
    return f"{path}, line {number}: {hint}"


def _header(found: re.Match[str]) -> str:
    """Return a table's name as it stands in the file, for the tuple that tomllib prints."""
    return section(tuple(re.findall(r"'([^']*)'", found[0])))


def _anchor(tree: dict[str, Any], directory: Path) -> None:
    """Make the paths in the file absolute: "~" is a home directory, others start at the file's own directory."""
    for key, value in tree.items():
        if isinstance(value, dict):
            _anchor(value, directory)
        elif isinstance(value, str) and value and (key.endswith("_file") or key == "hand"):
            tree[key] = str(directory / Path(os.path.expanduser(value)))  # noqa: PTH111 - Path's raises without a home
