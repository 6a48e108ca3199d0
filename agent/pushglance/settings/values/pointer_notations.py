"""JSON pointers from other notations: JSONPath, jq, dots, Jinja templates of Home Assistant."""

import re

_WRAPPED = (  # from the outside to the inside; the first group is the path
    r"(?i:jsonpath)\s*[:(]\s*(.*?)\)?",
    r"(?i:jq)\s+['\"]?(.*?)['\"]?",
    r"\$\{(.*)\}",
    r"%(.*)%",
    r"\{%-?.*-?%\}()",
)
_TEMPLATE = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
_ROOT = re.compile(r"(?:\$|@|#(?=/)|value_json|msg\.payload|payload|trigger\.payload_json)(?=$|[.\[/])")
_JINJA_PATH = re.compile(
    r"\b(?:value_json|trigger\.payload_json)(?:\.get\(\s*['\"](?P<got>[^'\"]*)['\"].*?\)|(?P<path>[\w.\[\]'\"-]*))"
)
_STEP = re.compile(
    r"(?:[./:]|->)?(?:((?:[\w ]|-(?!>))+)|\[ *([0-9]+) *\]|\[ *'([^']*)' *\]|\[ *\"([^\"]*)\" *\]|"
    r"\[ *([A-Za-z_]\w*) *\])"
)
_COMPUTES = re.compile(r"[*/+-] *[0-9.]|[0-9.] *[*/+-]|\bif\b|{%")


def as_pointer(written: str) -> str:
    """Return the JSON pointer that is meant by $.a.b, a.b, a[0], {{ value_json.a }} and the like, "" if unknown."""
    text = written.strip()
    for pattern in _WRAPPED:
        if match := re.fullmatch(pattern, text, re.DOTALL):
            text = match[1].strip()
    if template := _TEMPLATE.search(text):
        path = _JINJA_PATH.search(template[1])
        if path is None:
            return ""
        text = f"['{path['got']}']" if path["got"] else path["path"]
    text = _ROOT.sub("", text.partition("|")[0].strip(), count=1).rstrip("/")
    pointer, place = "", 0
    while place < len(text):
        step = _STEP.match(text, place)
        if step is None:
            return ""
        key = next(group for group in step.groups() if group is not None).strip()
        pointer += "/" + key.replace("~", "~0").replace("/", "~1")
        place = step.end()
    return pointer


def is_whole_payload(written: str) -> bool:
    """Return whether all of the payload is meant: "$", "{{ value }}"."""
    return (
        re.fullmatch(r"\$|\.|#|\{\{-?\s*value\s*(?:\|[^}*/+]*)?-?\}\}|msg\.payload|payload", written.strip())
        is not None
    )


def computes(written: str) -> bool:
    """Return whether a template computes something with its value."""
    return "{" in written and _COMPUTES.search(written) is not None
