"""Private attributes and parameters of a board's program get short names, and nothing else changes."""

import ast

import pytest

from pushglance.boards.private_names import shorten_private_names

FAMILY = """
class Base:
    def __init__(self, first_value):
        self._first_value = first_value
        self.public = self._helper()

    def _helper(self):
        return self._first_value * 2
"""
HEIR = """
from pack.base import Base

class Heir(Base):
    def __init__(self, first_value, own_value):
        super().__init__(first_value)
        self._own_value = own_value

    def total(self):
        return self._first_value + self._own_value
"""


def run(sources):
    """Run shortened modules in one namespace and return it."""
    names = {}
    for text in shorten_private_names(sources).values():
        exec(text.replace("from pack.base import Base", ""), names)  # noqa: S102 - written above
    return names


def attributes(text):
    return {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}


def test_a_family_of_classes_keeps_its_attributes_apart():
    """An heir in another module reads its base's attribute by the same short name, and its own by another one."""
    heir = run({"pack.base": FAMILY, "pack.heir": HEIR})["Heir"](3, 4)
    assert (heir.total(), heir.public) == (7, 6)
    assert len([name for name in vars(heir) if len(name) == 2]) == 2


def test_classes_that_are_not_related_share_names():
    """Two classes without a common base use the same short name: each name costs memory once."""
    one, two = (f"class {name}:\n def __init__(self):\n  self._{name.lower()}_value = 1" for name in ("One", "Two"))
    short = shorten_private_names({"one": one, "two": two})
    assert attributes(short["one"]) == attributes(short["two"])
    assert len(attributes(short["one"]).pop()) == 2


@pytest.mark.parametrize(
    ("kept", "more"),
    [
        ("_helper", ""),
        ("public", ""),
        ("_first_value", "def peek(base):\n    return base._first_value"),
        ("_first_value", "NAMES = ['_first_value']"),
    ],
)
def test_names_that_others_may_use_stay(kept, more):
    """Methods, public names, and attributes that are read from outside or named in a text keep their names."""
    assert kept in attributes(shorten_private_names({"base": FAMILY + more})["base"])


def test_a_parameter_that_a_call_names_stays():
    """A parameter keeps its name if some call of the program passes it by name."""
    text = (
        "def f(named, unnamed):\n return named - unnamed\nresult = f(named=5, unnamed=3)\ndef g(other):\n return other"
    )
    short = shorten_private_names({"one": text})["one"]
    assert "named" in short
    assert "other" not in short
    assert run({"one": text})["result"] == 2


@pytest.mark.parametrize(
    "text",
    [
        "def f(error):\n try:\n  1 // 0\n except ZeroDivisionError as error:\n  return str(error)\nresult = f(0)",
        "def f(number):\n def add():\n  nonlocal number\n  number += 1\n add()\n return number\nresult = f(1)",
        "def f(sys):\n    import sys\n    return sys.maxsize\nresult = f(0)",
        "def f(inner):\n    def inner():\n        return 4\n    return inner()\nresult = f(0)",
        "def f(rows):\n    return [(lambda cell: cell + len(rows))(row) for row in rows]\nresult = f([1, 2])",
    ],
)
def test_renamed_parameters_change_no_result(text):
    """A function gives the same result, also if a statement binds the name of its parameter again."""
    plain = {}
    exec(text, plain)  # noqa: S102 - written above
    assert run({"one": text})["result"] == plain["result"]
