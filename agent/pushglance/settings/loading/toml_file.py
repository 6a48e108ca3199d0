"""Read the TOML file and make its paths absolute. An error names the line but never shows its text."""

import os
import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from pushglance.errors import SettingsError, file_problem
from pushglance.settings.errors.issues import section
from pushglance.small_files import read_small_file

from .syntax_hints import list_begin, syntax_hint

DEFAULT_PATH = Path("/etc/pushglance/pushglance.toml")
CONFIG_VARIABLE = "PUSHGLANCE_CONFIG"

_BYTES_MAX = 1 << 20
_DOTS_MAX = 100  # in a line
_LEVELS_MAX = 50  # of tables and lists; the settings have four
_TOO_MUCH = "A number is too long, or lists are nested too deep"
_TABLE_TUPLE = re.compile(r"\('.*'\)|\('.*',\)")


def settings_path(path: Path | None) -> Path:
    """Return the path given, else the one in $PUSHGLANCE_CONFIG, else /etc/pushglance/pushglance.toml."""
    return path or Path(os.environ.get(CONFIG_VARIABLE) or DEFAULT_PATH)


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables of the file; numbers with a point are Decimal. Raises SettingsError."""
    text = _read_text(path)
    _check_dots(path, text)
    try:
        tree = tomllib.loads(text, parse_float=Decimal)
        problem = _TOO_MUCH if _is_deep(tree) else ""
    except tomllib.TOMLDecodeError as error:
        problem = str(error)
    except (ValueError, RecursionError):
        problem = _TOO_MUCH
    # Raised outside of the handler: a chained exception could hold the whole text, secrets included.
    if problem:
        raise SettingsError(_syntax_sentence(path, text, problem))
    _resolve_paths(tree, path.absolute().parent)
    return tree


def _is_deep(value: Any, levels: int = _LEVELS_MAX) -> bool:
    """Return whether tables or lists are nested so deep that code which descends into them would run out of stack."""
    inner = list(value.values()) if isinstance(value, dict) else value
    return levels < 0 or (isinstance(inner, list) and any(_is_deep(one, levels - 1) for one in inner))


def _check_dots(path: Path, text: str) -> None:
    """Refuse keys of very many parts, whose parsing takes as long as the square of their number."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _DOTS_MAX and not line.lstrip().startswith("#"):
            raise SettingsError(
                f"{path}, line {number}: more than {_DOTS_MAX} points in a line; a key of the settings has four parts "
                "at most, e.g. sensors.garage.left_open.after"
            )


def _read_text(path: Path) -> str:
    try:
        content = read_small_file(path, _BYTES_MAX)
        return content.decode("utf-8-sig")
    except PermissionError:
        raise SettingsError(f"{path}: this user may not read the settings; put sudo in front of the command") from None
    except OSError as error:
        reason = file_problem(error)
    except UnicodeDecodeError:
        is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        reason = "it is not UTF-8 text" + (" but UTF-16: save it as UTF-8 in the editor" if is_utf16 else "")
    raise SettingsError(
        f"{path}: cannot read the settings ({reason}); type  pushglance init  to write the file, or "
        "pushglance check --config PATH  to use another one"
    )


def _syntax_sentence(path: Path, text: str, problem: str) -> str:
    """Return the syntax error with its line number, without the line's text, which may hold a secret."""
    lines = text.split("\n")
    position = re.search(r"\(at line (\d+), column (\d+)\)", problem)
    number = int(position[1]) if position else len(lines)
    reason = _TABLE_TUPLE.sub(_header_of, problem.split(" (at ", maxsplit=1)[0])
    reason = reason[:1].lower() + reason[1:]
    if "array" in reason.lower():
        number = list_begin(lines, number)
    line = lines[number - 1].rstrip("\r") if 0 < number <= len(lines) else ""
    if text.lstrip().startswith("{"):
        hint = "this is JSON, and the settings are TOML: [section] on a line, key = value on the lines below it"
    elif reason.startswith("cannot"):
        hint = f"{reason}; each section and each of its keys may appear once, so remove one"
    else:
        hint = syntax_hint(line) or f'not valid TOML ({reason}); text needs quotes, e.g. title = "Home"'
    return f"{path}, line {number}: {hint}"


def _header_of(match: re.Match[str]) -> str:
    """Return the header of a table for the tuple that tomllib prints."""
    return section(tuple(re.findall(r"'([^']*)'", match[0])))


def _resolve_paths(tree: dict[str, Any], directory: Path) -> None:
    """Make the paths in the tree absolute: "~" is the home directory, other paths start at `directory`."""
    for key, value in tree.items():
        if isinstance(value, dict):
            _resolve_paths(value, directory)
        elif isinstance(value, str) and value and "\0" not in value and (key.endswith("_file") or key == "hand"):
            tree[key] = str(directory / Path(os.path.expanduser(value)))  # noqa: PTH111 - Path.expanduser raises without a home
