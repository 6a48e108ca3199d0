"""Lines that are not TOML, one row for each cause: its pattern, what is wrong, and the corrected line.

A correction is only shown if it is TOML: see `syntax_hints`. The first row whose correction is TOML, or that has none,
is used, so a row may match more than it can correct.
"""

import re
from collections.abc import Callable, Sequence

Rule = tuple[re.Pattern[str], str, Callable[[re.Match[str]], str]]

QUOTES = "\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019\u201a\u2039\u203a\u00b4`\u2033\uff02"
INVISIBLE = "\u00a0\u200b\u200c\u200d\u2007\u202f\u2060\ufeff\u00ad"
_TRUE, _FALSE = ("yes", "on", "true", "y"), ("no", "off", "false", "n")
_KEY = r"\s*(?P<key>[\w.-]{1,60})\s*"
_END = r"\s*(?:#.*)?"
_UNITS = {"m": "min", "sec": "s", "secs": "s", "hours": "h", "hour": "h", "minutes": "min", "seconds": "s", "days": "d"}


def _rule(pattern: str, sentence: str, line: Callable[[re.Match[str]], str] = lambda _: "") -> Rule:
    return re.compile(pattern), sentence, line


def _literal(text: str) -> str:
    """Return a word of another language as a TOML value."""
    word = text.strip().rstrip(",;").strip().strip("\"'" + QUOTES).strip()
    if word.lower() in (*_TRUE, *_FALSE):
        return "true" if word.lower() in _TRUE else "false"
    if re.fullmatch(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?", word):
        return word
    return f"'{word}'" if '"' in word or "\\" in word else f'"{word}"'


def _assignment(match: re.Match[str]) -> str:
    return f"{match['key']} = {_literal(match['value'])}"


def _plain_quotes(match: re.Match[str]) -> str:
    return re.sub(f"[{QUOTES}]", '"', match[0]).strip()


def _header(match: re.Match[str]) -> str:
    """Return the header of a section with a valid name for each of its parts."""
    parts = re.split(r"\s*[./:]\s*", match["name"].strip().strip("\"'"))
    if len(parts) == 1 and " " in parts[0] and parts[0].lower().startswith(("sensors ", "watches ")):
        parts = parts[0].split(" ", 1)
    plain = [re.sub(r"[^a-z0-9_]+", "_", _without_accents(part).lower()).strip("_") for part in parts]
    return f"[{'.'.join(plain)}]"


def _without_accents(text: str) -> str:
    for letter, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("é", "e"), ("è", "e"), ("å", "a")):
        text = text.replace(letter, plain).replace(letter.upper(), plain)
    return text


def _list(match: re.Match[str]) -> str:
    """Return a list of words, each in quotes, with commas between them; "" without a word."""
    words = re.findall(r"\"[^\"]*\"|'[^']*'|[^\s,;\"'\[\](){}]+", re.sub(f"[{QUOTES}]", '"', match["value"]))
    return f"{match['key']} = [{', '.join(_word(word) for word in words)}]" if words else ""


def _word(text: str) -> str:
    """Return a word of a list: in quotes, unless it is a number."""
    plain = text.strip("\"'")
    return plain if re.fullmatch(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?", text) else f'"{plain}"'


def _inline_table(match: re.Match[str]) -> str:
    """Return a table on one line, with equals signs, commas and its bracket."""
    pairs = re.findall(r"[\"']?([\w/.-]+)[\"']?\s*[:=]\s*(\"[^\"]*\"|'[^']*'|[^\s,;{}\"']+)", match["value"])
    if not pairs:
        return ""
    inner = ", ".join(f"{_key(key)} = {_literal(value)}" for key, value in pairs)
    return f"{match['key']} = {{ {inner} }}"


def _without_arrows(line: str) -> str:
    return re.sub(r"->|=>", "=", line)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[\w-]+", key) else f'"{key}"'


def _duration(match: re.Match[str]) -> str:
    unit = match["unit"].lower()
    return f'{match["key"]} = "{match["number"].replace(",", ".")}{_UNITS.get(unit, unit)}"'


def _key_and_value(match: re.Match[str]) -> str:
    key = re.sub(r"[^a-z0-9_-]+", "_", _without_accents(match["key"]).lower()).strip("_")
    return f"{key} = {match['value'].strip()}"


RULES: Sequence[Rule] = (
    _rule(r"\s*(?:<\?xml|<!DOCTYPE|<html|<\w+>).*", "this is XML, and the settings are TOML"),
    _rule(r"\s*(?://|;|--\s|/\*|'|!\s|(?i:rem)\s).*", "a comment begins with #"),
    _rule(r"\s*-{3}\s*", "this is YAML; the settings are TOML: remove this line"),
    _rule(r"\s*!\w+.*", "this is YAML; in TOML no other file can be included"),
    _rule(r"\s*\{.*", "a section is a line [section], and its keys stand on the lines below it"),
    _rule(r"\s*(?:```|~~~).*", "this is Markdown: remove this line"),
    _rule(
        r"\s*(?:<{7}|={7}|>{7}|\|{7})(?:\s.*)?",
        "this is a conflict of a version control system: choose one of the parts",
    ),
    _rule(r"\s*>\s*(?P<line>.*)", "a quoted text of a mail begins with >", lambda match: match["line"]),
    _rule(
        r"\s*(?:export\s+)?PUSHGLANCE_\w+\s*=.*",
        "this is a variable of the environment; here a key stands below its section, e.g. [budget] and pushes = 40",
    ),
    _rule(_KEY + r"=\s*\\\s*", "a value stands on the line of its key"),
    _rule(
        r"\s*\[{1,2}\s*(?P<name>[^\[\]=#]+?)\s*\]{1,2}\s*(?P<rest>[^\s#\]].*)",
        "a section stands on a separate line, and its keys on the lines below it",
        _header,
    ),
    _rule(r"\s*\[{1,2}\s*(?P<name>[^\[\]=#]+?)\s*\]{0,3}" + _END, "the name of a section stands in brackets", _header),
    _rule(r"\s*(?P<name>[\w.-]+)\s*\]+" + _END, "the name of a section stands in brackets", _header),
    _rule(_KEY + r"=" + _END, "a value is missing after the equals sign"),
    _rule(r"\s*=.*", "a key is missing before the equals sign"),
    _rule(
        rf".*[{INVISIBLE}].*",
        "it contains a character that cannot be seen, e.g. a space copied from a web page",
        lambda match: re.sub(f"[{INVISIBLE}]+", " ", match[0]).strip(),
    ),
    _rule(
        r"\s*(?:set|export|let|var|const)\s+(?P<key>[\w.-]{1,60})\s*=\s*(?P<value>.*)",
        "a line is only key = value",
        _assignment,
    ),
    _rule(
        _KEY + r"=\s*(?P<value>(?i:yes|on|no|off|true|false))\s*[,;]?" + _END,
        "a switch is true or false, in small letters",
        _assignment,
    ),
    _rule(
        _KEY + r"=\s*(?i:none|null|nil|undefined|~)\s*[,;]?" + _END,
        "an empty value does not exist in TOML; remove this line",
    ),
    _rule(
        _KEY + r"=\s*!secret\b.*",
        "no other file can be included; a secret stands in a separate file, e.g. token_file",
    ),
    _rule(
        _KEY + r"=\s*(?P<whole>-?[1-9][0-9]{0,2}(?:[., '_][0-9]{3})+)[.,](?P<part>[0-9]+)" + _END,
        "a number has a point before its decimals and nothing between thousands",
        lambda match: f"{match['key']} = {re.sub('[^0-9-]', '', match['whole'])}.{match['part']}",
    ),
    _rule(
        _KEY + r"=\s*\{[^}\"']*[0-9],[0-9].*",
        "a number has a point, not a comma",
        lambda match: re.sub(r"(?<=[0-9]),(?=[0-9])", ".", match[0]).strip(),
    ),
    _rule(
        r"\s*(?P<key>title|text|subtext|count|percent)\s*=\s*(?P<value>[^\"'=#]*\{[\w.]+\}[^\"'=#]*?)" + _END,
        "text needs quotes",
        _assignment,
    ),
    _rule(
        _KEY + r"=\s*(?P<whole>-?[0-9]+),(?P<part>[0-9]+)" + _END,
        "a number has a point, not a comma",
        lambda match: f"{match['key']} = {match['whole']}.{match['part']}",
    ),
    _rule(
        _KEY + r"=\s*(?P<number>[0-9]{1,9}(?:[.,][0-9]{1,9})?)\s*"
        r"(?P<unit>(?i:ms|s|secs?|seconds|m|min|minutes|h|hours?|d|days))" + _END,
        "a duration is written in quotes",
        _duration,
    ),
    _rule(
        _KEY + r"=\s*(?P<value>-?[0-9][0-9.,]*)\s*(?:%|°[CFcf]?|[AVWLl]|k?Wh|kW|mm|cm|hPa|lx|px)" + _END,
        "a number stands without a unit",
        lambda match: f"{match['key']} = {match['value'].replace(',', '.')}",
    ),
    _rule(
        _KEY + r"=\s*(?P<value>[0-9]*[oO][0-9oO]*)" + _END,
        "a number has the digit 0, not the letter O",
        lambda match: f"{match['key']} = {re.sub('[oO]', '0', match['value'])}",
    ),
    _rule(
        _KEY + r"=\s*0+(?P<value>[0-9]+)" + _END,
        "a number has no zero before it",
        lambda match: f"{match['key']} = {match['value']}",
    ),
    _rule(
        _KEY + r"=\s*(?P<hour>[0-9]):(?P<minute>[0-9]{2})" + _END,
        "a time of day is written in quotes, with two digits for the hour",
        lambda match: f'{match["key"]} = "0{match["hour"]}:{match["minute"]}"',
    ),
    _rule(
        _KEY + r"\s*(?:=>|==|:=|=:|<-|->)\s*(?P<value>.+)",
        "a key and its value are joined by an equals sign",
        lambda match: f"{match['key']} = {_literal(match['value'])}",
    ),
    _rule(_KEY + r"=\s*\((?P<value>.*)\)" + _END, "a list stands in square brackets", _list),
    _rule(rf"[^#]*[{QUOTES}].*", "text needs plain quotes", _plain_quotes),
    _rule(_KEY + rf"=\s*(?P<value>[^\[{{]*[{QUOTES}].*)", "text needs plain quotes", _assignment),
    _rule(
        r"(?P<line>\s*[\w.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[\w.+-]+|\[[^\]]*\]|\{[^}]*\}))\s*(?:[,;]|//.*|--.*|/\*.*)\s*",
        "nothing but a comment, which begins with #, may follow the value",
        lambda match: match["line"].strip(),
    ),
    _rule(
        _KEY + r"=\s*(?P<value>\"[^\"]*\"|'[^']*'|[\w.-]+)\s*[,;]?\s+[\w.-]+\s*=.*",
        "each key stands on a separate line",
        lambda match: f"{match['key']} = {_literal(match['value'])}",
    ),
    _rule(
        _KEY + r'=\s*"(?P<value>[^"\\]*\\[^"]*)"' + _END,
        "in double quotes a backslash begins an escape; use single quotes",
        lambda match: f"{match['key']} = '{match['value']}'",
    ),
    _rule(
        _KEY + r'=\s*"""(?P<value>[^"]*)' + _END,
        "three quotes begin a text of several lines; one is enough",
        _assignment,
    ),
    _rule(
        _KEY + r"=\s*\"(?P<value>[^\"]*)\"\s*[+&.]?\s*\"(?P<other>[^\"]*)\"" + _END,
        "a value is one text",
        lambda match: f'{match["key"]} = "{match["value"]}{match["other"]}"' if match["value"] else "",
    ),
    _rule(
        _KEY + r"=\s*(?:\"(?P<value>[^'#]*)\"|'(?P<other>[^\"#]*)')" + _END,
        "a text with quotes in it stands in the other kind of quotes",
        lambda match: (
            f"{match['key']} = " + (f"'{match['value']}'" if match["value"] is not None else f'"{match["other"]}"')
        ),
    ),
    _rule(
        _KEY + r"=\s*(?:\"(?P<value>[^\"'#]*)'|'(?P<other>[^\"'#]*)\")" + _END,
        "a text ends with the same quote as it begins",
        lambda match: f"{match['key']} = " + _literal(match["value"] if match["value"] is not None else match["other"]),
    ),
    _rule(_KEY + r"=\s*[\"'](?P<value>[^\"'#]*)" + _END, "a quote is missing at the end", _assignment),
    _rule(_KEY + r"=\s*(?P<value>[^\"'\[{(#\s][^\"'#]*)[\"']" + _END, "a quote is missing at the begin", _assignment),
    _rule(
        _KEY + r"=\s*\{(?P<value>.*(?:->|=>).*)\}" + _END,
        "in a table in braces a key and its value are joined by an equals sign",
        lambda match: _inline_table(
            re.fullmatch(_KEY + r"=\s*\{(?P<value>.*)\}.*", _without_arrows(match[0])) or match
        ),
    ),
    _rule(_KEY + r"=\s*\{(?P<value>[^:=]*)\}" + _END, "a list stands in square brackets", _list),
    _rule(
        _KEY + r"=\s*\[(?P<value>[^\]#]*?),?" + _END,
        "a list ends with a bracket",
        _list,
    ),
    _rule(_KEY + r"=\s*(?P<value>\"[^\]\[]*)\]" + _END, "a list begins with a bracket", _list),
    _rule(_KEY + r"=\s*\[(?P<value>[^\]]*)\]" + _END, "a list has commas, and quotes around each word", _list),
    _rule(
        _KEY + r"=\s*\{(?P<value>[^}#]*)" + _END,
        "a table in braces stands on one line and ends with a brace",
        _inline_table,
    ),
    _rule(_KEY + r"=\s*\{(?P<value>.*)\}" + _END, "a table in braces is { key = value, key = value }", _inline_table),
    _rule(r"\s*-\s+\S.*", 'this is a list of YAML; in TOML it is key = ["one", "two"]'),
    _rule(r"\s*(?P<name>[\w.-]{1,60})\s*:" + _END, "this is YAML; in TOML it is a section", _header),
    _rule(
        r"\s*[\"']?(?P<key>[\w.-]{1,60})[\"']?\s*:=?\s*(?P<value>[^\s{\[].*?),?" + _END,
        "a key and its value are joined by an equals sign",
        _assignment,
    ),
    _rule(
        _KEY + r"\s(?P<value>\"[^\"]*\"|'[^']*'|[\w./-]+)" + _END,
        "a key and its value are joined by an equals sign",
        _assignment,
    ),
    _rule(_KEY, "a value is missing: a line is key = value, e.g. urgent = true"),
    _rule(r"\s*[\"'](?P<key>[\w.-]{1,60})\s*=\s*(?P<value>\S.*)", "the quote before the key is too much", _assignment),
    _rule(
        r"\s*(?P<key>[^\s=\"'\[{#][^=\"'\[{#]*?)\s*=\s*(?P<value>\S.*)",
        "a key has only letters, digits, _ and -",
        _key_and_value,
    ),
    _rule(_KEY + r"=\s*(?P<value>[^\"'\[{#\s][^\"'#]*?)" + _END, "text needs quotes", _assignment),
)
