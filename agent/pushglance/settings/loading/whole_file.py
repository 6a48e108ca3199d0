"""Files that are no TOML as a whole: another encoding, YAML, JSON. Each cause has its sentence, with what to do."""

import re
from collections.abc import Sequence

from .syntax_hints import is_valid_line, may_be_repeated, with_correction

_TOML = "the settings are TOML: [section] on a line, key = value on the lines below it"
_UTF_8 = "save it as UTF-8 in the editor"
_MARKS = (  # of encodings, the longer ones first
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_YAML_KEY = re.compile(r"(?P<indent> *)(?P<key>[A-Za-z_][\w-]*):(?:\s+(?P<value>[^#]*?))?\s*(?:#.*)?")


def encoding_problem(content: bytes) -> str:
    """Return why bytes are not UTF-8 text, as the end of a sentence that begins with the file's name."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            return f": it is not UTF-8 text but {name}: {_UTF_8}"
    if b"\0" in content or len(content) < 3:
        return ": it is not UTF-8 text; name the file with the settings"
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        line = content.split(b"\n")[number - 1].decode("cp1252", "replace").strip()
        sentence = f"it has a letter of another encoding, and this is not UTF-8 text: {_UTF_8}"
        return f", line {number}: " + (with_correction(sentence, line) if is_valid_line(line) else sentence)
    return ": it is not UTF-8 text"


def whole_file_problem(text: str) -> str:
    """Return what is wrong with a file as a whole, "" if only a line of it is wrong."""
    if "\0" in text:
        is_utf16 = any(not text[first::2].strip("\0") and text[1 - first :: 2].strip("\0") for first in (0, 1))
        return (
            f": it is not UTF-8 text but UTF-16: {_UTF_8}"
            if is_utf16
            else ": it is not a text file; name the file with the settings"
        )
    if text.lstrip().startswith(("{", "[\n", "[{")) and re.search(r"[\"']\s*:|^\{\s*\w+\s*:|^\s*\{\s*\}\s*$", text):
        return f", line 1: this is JSON, and {_TOML}"
    if "\r" in text.replace("\r\n", ""):
        return ": its lines end with a carriage return alone; save it with line ends of Unix in the editor"
    return _yaml_problem(text.splitlines())


def _yaml_problem(lines: Sequence[str]) -> str:
    """Return that a file is YAML, with its first value as TOML; "" if it is not."""
    path: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#") or line.strip() == "---":
            continue
        match = _YAML_KEY.fullmatch(line)
        if match is None or line.lstrip().startswith(("-", "[")):
            return ""
        indent = len(match["indent"])
        path = [(column, key) for column, key in path if column < indent]
        if not match["value"]:
            path.append((indent, match["key"]))
            continue
        if not path:
            return ""
        header = f"[{'.'.join(key for _, key in path)}]"
        value = match["value"].strip("\"'")
        literal = value if re.fullmatch(r"-?\d+(\.\d+)?|true|false", value) else f'"{value}"'
        pair = f"{match['key']} = {literal}"
        below = f", and below it {pair}" if may_be_repeated(pair) else ""
        return f", line {number}: this is YAML, and {_TOML}; write {header}{below}"
    return ""
