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

from .syntax_hints import begin_of_open, begin_of_open_text, is_valid_line, syntax_hint, with_correction
from .whole_file import encoding_problem, whole_file_problem

DEFAULT_PATH = Path("/etc/pushglance/pushglance.toml")
CONFIG_VARIABLE = "PUSHGLANCE_CONFIG"

_BYTES_MAX = 1 << 20
_DOTS_MAX = 100  # in a line
_LEVELS_MAX = 50  # of tables and lists; the settings have four
_LINES_MAX = 10  # of a table in braces, which TOML has on one line, or of a list
_ELEMENTS = re.compile(r"(?:(?:\"[^\"]*\"|'[^']*'|[\w.-]+)(?:\s*,\s*|\s+|$))*")
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
        raise SettingsError(f"{path}{encoding_problem(content)}") from None
    raise SettingsError(
        f"{path}: cannot read the settings ({reason}); type  pushglance init  to write the file, or "
        "pushglance check --config PATH  to use another one"
    )


def _syntax_sentence(path: Path, text: str, problem: str) -> str:
    """Return the syntax error with its line number, without the line's text, which may hold a secret."""
    if whole := whole_file_problem(text):
        return f"{path}{whole}"
    lines = text.split("\n")
    position = re.search(r"\(at line (\d+), column (\d+)\)", problem)
    number = int(position[1]) if position else len(lines)
    reason = _TABLE_TUPLE.sub(_header_of, problem.split(" (at ", maxsplit=1)[0])
    reason = reason[:1].lower() + reason[1:]
    for bracket, word in (("[", "array"), ("[", "value"), ("{", "inline table"), ("{", "invalid initial character")):
        if word in reason.lower():
            number = begin_of_open(lines, number, bracket)
    if reason.startswith(("expected", "unterminated")) and number >= len(lines):
        number = begin_of_open_text(lines, number)
    line = _statement(lines, number)
    if reason.startswith("cannot"):
        hint = f"{reason}; each section and each of its keys may appear once, so remove one"
    elif is_valid_line(line) and "{" in reason + line:
        hint = with_correction("a table in braces stands on one line", line)
    elif is_valid_line(line):
        hint = f"not valid TOML ({reason})"
    else:
        hint = (
            syntax_hint(line) or f'not valid TOML ({reason}); a line is [section] or key = value, e.g. title = "Home"'
        )
    return f"{path}, line {number}: {hint}"


def _statement(lines: list[str], number: int) -> str:
    """Return the line with this number; with those below it that belong to a table in braces or an open list."""
    if not 0 < number <= len(lines):
        return ""
    line = lines[number - 1].rstrip("\r")
    following = [one.strip() for one in lines[number : number + _LINES_MAX]]
    if re.fullmatch(r"[^=#]*=\s*\{[^}]*", line):
        for one in following:
            if one.startswith("["):
                break
            line = f"{line.rstrip()} {one}"
            if "}" in one:
                return line
    elif re.fullmatch(r"[^=#]*=\s*\[[^\]#]*", line):
        for one in following:
            if not _ELEMENTS.fullmatch(one):
                return line
            line = f"{line.rstrip()} {one}"
    return lines[number - 1].rstrip("\r")


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
