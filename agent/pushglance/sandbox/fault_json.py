"""Faults as a user writes them: a name, an object, or a JSON list of both.

The names of `named_faults` and the kinds of `faults` are one table: each is a name (`"html-429"`, `"drop"`) and the
`kind` of an object, whose other properties replace those of the name (`{"kind": "html-429", "times": 3}`).
"""

import json
from dataclasses import replace
from typing import Any

from .faults import KINDS, Fault
from .named_faults import NAMED

_TYPES: dict[str, tuple[type, ...]] = {
    "kind": (str,),
    "times": (int, type(None)),
    "status": (int,),
    "delay_s": (int, float, type(None)),
    "headers": (dict,),
    "applies": (bool,),
    "text": (str,),
    "names": (list, tuple),
}


def named_fault(name: str) -> Fault:
    """Return the fault of a name, or of a kind with its defaults. Raises ValueError for another name."""
    if name in NAMED:
        return NAMED[name]
    if name in KINDS:
        return Fault(name)
    raise ValueError(f"unknown fault {name[:40]!r}; choose one of {', '.join((*NAMED, *KINDS))}.")


def faults_from_json(content: Any) -> list[Fault]:
    """Return the faults of a name, an object, or a list of them. Raises ValueError with an error for the user."""
    entries = content if isinstance(content, list) else [content]
    return [named_fault(entry) if isinstance(entry, str) else _fault_of_object(entry) for entry in entries]


def _fault_of_object(content: Any) -> Fault:
    if not isinstance(content, dict) or "kind" not in content:
        raise ValueError('A fault is a name or an object such as {"kind": "status", "status": 503, "times": 3}.')
    for name, value in content.items():
        if name not in _TYPES:
            raise ValueError(f"unknown property {name[:40]!r} of a fault; known: {', '.join(_TYPES)}.")
        is_number_expected = bool not in _TYPES[name]
        if not isinstance(value, _TYPES[name]) or (is_number_expected and isinstance(value, bool)):
            raise ValueError(f"{name} has the wrong type.")
    if not all(isinstance(value, str) for value in content.get("headers", {}).values()):
        raise ValueError("the values of headers must be texts.")
    if not all(isinstance(name, str) for name in content.get("names", ())):
        raise ValueError("names must be a list of texts.")
    fault = named_fault(content["kind"])
    changes = {name: value for name, value in content.items() if name != "kind"}
    if "names" in changes:
        changes["names"] = tuple(changes["names"])
    return replace(fault, **changes)


def read_script(text: str) -> list[Fault]:
    """Return the faults of a script. Raises ValueError with an error for the user."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(
            'a script is a JSON list, e.g. ["normal", "html-429", {"kind": "drop", "times": 3}].'
        ) from None
    return faults_from_json(content)
