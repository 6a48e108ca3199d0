"""JSON pointers from other notations: JSONPath, dots, Jinja templates of Home Assistant."""

import re

_TEMPLATE = re.compile(r"\{\{(.*)\}\}", re.DOTALL)
_ROOT = re.compile(r"(?:\$|value_json|msg\.payload|payload|trigger\.payload_json)(?=$|[.\[])")
_STEP = re.compile(r"[./]?(?:([\w -]+)|\[ *([0-9]+) *\]|\[ *'([^']*)' *\]|\[ *\"([^\"]*)\" *\])")


def as_pointer(written: str) -> str:
    """Return the JSON pointer that is meant by $.a.b, a.b, a[0], {{ value_json.a }} and the like, "" if unknown."""
    template = _TEMPLATE.fullmatch(written.strip())
    text = (template[1] if template else written).partition("|")[0].strip()
    text = _ROOT.sub("", text, count=1)
    pointer, place = "", 0
    while place < len(text):
        step = _STEP.match(text, place)
        if step is None:
            return ""
        key = next(group for group in step.groups() if group is not None).strip()
        pointer += "/" + key.replace("~", "~0").replace("/", "~1")
        place = step.end()
    return pointer
