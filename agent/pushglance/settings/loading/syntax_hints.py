"""Hints for lines that are not TOML: what was probably meant, and the line to write instead.

Each rule is a pattern of a line, a sentence, and the corrected line made of the pattern's groups. A line that may hold
a secret is never repeated.
"""

import re
from collections.abc import Callable, Sequence

from pushglance.settings.errors.issues import may_be_shown
from pushglance.settings.errors.suggestions import nearest

_SECRET_KEYS = ["token", "user", "password"]
_TRUE, _FALSE = ("yes", "on", "true"), ("no", "off", "false")
_QUOTES = "\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019\u201a\u2039\u203a"
_KEY = r"\s*(?P<key>[\w.-]{1,60})\s*"
_END = r"\s*(?:#.*)?"

Rule = tuple[re.Pattern[str], str, Callable[[re.Match[str]], str]]


def _literal(text: str) -> str:
    """Return a word of another language as a TOML value."""
    word = text.strip().strip("\"'" + _QUOTES).rstrip(",")
    if word.lower() in (*_TRUE, *_FALSE):
        return "true" if word.lower() in _TRUE else "false"
    return word if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", word) else f'"{word}"'


def _assignment(match: re.Match[str]) -> str:
    return f"{match['key']} = {_literal(match['value'])}"


def _rule(pattern: str, sentence: str, line: Callable[[re.Match[str]], str] = lambda _: "") -> Rule:
    return re.compile(pattern), sentence, line


_RULES: Sequence[Rule] = (
    _rule(
        r"\s*(?P<open>\[{1,2})\s*(?P<name>[\w .\"'-]+?)\s*\]?" + _END,
        "the name of a section stands in brackets",
        lambda match: f"{match['open']}{match['name']}{']' * len(match['open'])}",
    ),
    _rule(_KEY + r"=" + _END, "a value is missing after the equals sign"),
    _rule(
        _KEY + r"=\s*(?P<value>(?i:yes|on|no|off|true|false))" + _END,
        "a switch is true or false, in small letters",
        _assignment,
    ),
    _rule(
        _KEY + r"=\s*(?P<whole>-?[0-9]+),(?P<part>[0-9]+)" + _END,
        "a number has a point, not a comma",
        lambda match: f"{match['key']} = {match['whole']}.{match['part']}",
    ),
    _rule(
        _KEY + r"=\s*(?P<value>[0-9]{1,9}(?:\.[0-9]{1,9})?(?:ms|s|min|h|d))" + _END,
        "a duration is written in quotes",
        _assignment,
    ),
    _rule(_KEY + rf"=\s*(?P<value>[{_QUOTES}].*)", "text needs plain quotes", _assignment),
    _rule(
        _KEY + r'=\s*"(?P<value>[^"\\]*\\[^"]*)"' + _END,
        "in double quotes a backslash begins an escape; use single quotes",
        lambda match: f"{match['key']} = '{match['value']}'",
    ),
    _rule(_KEY + r"=\s*[\"'](?P<value>[^\"'#]*)" + _END, "a quote is missing at the end", _assignment),
    _rule(_KEY + r"=\s*(?P<value>[^\"'\[{#\s][^\"'#]*)[\"']" + _END, "a quote is missing at the begin", _assignment),
    _rule(
        _KEY + r"=\s*\[(?P<value>[^\]#]*?),?" + _END,
        "a list ends with a bracket",
        lambda match: f"{match['key']} = [{match['value']}]",
    ),
    _rule(r"\s*(?://|;|--\s|/\*).*", "a comment begins with #"),
    _rule(r"\s*-{3}\s*", "this is YAML; the settings are TOML: remove this line"),
    _rule(r"\s*-\s+\S.*", 'this is a list of YAML; in TOML it is key = ["one", "two"]'),
    _rule(
        r"\s*(?P<key>[\w.-]{1,60})\s*:" + _END,
        "this is YAML; in TOML it is a section",
        lambda match: f"[{match['key']}]",
    ),
    _rule(
        r"\s*[\"']?(?P<key>[\w.-]{1,60})[\"']?\s*:=?\s*(?P<value>[^\s{\[].*?),?" + _END,
        "a key and its value are joined by an equals sign",
        _assignment,
    ),
    _rule(
        _KEY + r"\s(?P<value>\"[^\"]*\"|[0-9.]+|true|false)" + _END,
        "a key and its value are joined by an equals sign",
        _assignment,
    ),
    _rule(_KEY + r"=\s*(?P<value>[^\"'\[{#\s][^\"'#]*?)" + _END, "text needs quotes", _assignment),
)


def syntax_hint(line: str) -> str:
    """Return what is wrong with a line and what to write instead, "" if it is not known."""
    for pattern, sentence, corrected in _RULES:
        match = pattern.fullmatch(line) if len(line) < 500 else None
        if match:
            text = corrected(match)
            return f"{sentence}; write {text}" if text and _may_be_shown(match, text) else sentence
    return ""


def list_begin(lines: Sequence[str], number: int) -> int:
    """Return the number of the line in which the list that is not closed at line `number` begins, else `number`."""
    for begin in range(min(number, len(lines)), max(0, number - 50), -1):
        if re.fullmatch(_KEY + r"=\s*\[[^\]]*", lines[begin - 1]):
            return begin
    return number


def _may_be_shown(match: re.Match[str], text: str) -> bool:
    key = match.groupdict().get("key") or ""
    return not nearest(key, _SECRET_KEYS) and "@" not in text and may_be_shown(text.replace('"', ""))
