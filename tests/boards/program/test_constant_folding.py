"""Constants of a board's program are put where they are used, and nothing else changes."""

import ast

import pytest

from pushglance.boards.bundle import fold_program, read_program
from pushglance.boards.constant_folding import fold_constants


def fold(source, **others):
    return fold_constants({"pack.one": source} | {f"pack.{name}": text for name, text in others.items()})["pack.one"]


@pytest.mark.parametrize(
    ("source", "folded"),
    [
        ("A = 60 * 1000\nf(A)", "f(60000)"),
        ("A = 2\n_B = -A\nf(_B)", "f(-2)"),
        ("A = const(7)\nf(A // 2)", "f(7 // 2)"),
        ("A = 'idle'\nB = None\nf(A, B)", "f('idle', None)"),
        ("from .two import X as A\nf(A)", "f(5)"),
        ("from pack.two import X, g\ng(X)", "from pack.two import g\ng(5)"),
        ("from .three import X\nf(X)", "f(5)"),
        ("def f():\n    from .two import X\n    return X", "def f():\n    return 5"),
        ("if TYPE_CHECKING:\n    import typing\nf()", "f()"),
        ("def f():\n    from .two import X", "def f():\n    pass"),
    ],
)
def test_a_constant_is_put_where_it_is_used(source, folded):
    """Numbers, short texts and None replace their names, also those of other modules, and the names disappear."""
    assert fold(source, two="X = 5\ndef g(x):\n    pass", three="from .two import X") == folded


@pytest.mark.parametrize(
    "source",
    [
        "A = 5\nA = 6\nf(A)",
        "A = 5\n\ndef g():\n    global A\n    A = 6",
        "A = [1]\nf(A)",
        "A = 'a text that is a separate object'\nf(A)",
        "A = 1 << 40\nf(A)",
        "value = 5\nf(value)",
    ],
)
def test_what_is_no_constant_stays(source):
    """A name that is assigned twice, holds an object or is not in capitals stays as it is."""
    assert fold(source) == source


def test_a_constant_read_through_its_module_stays():
    """The assignment stays where another module reads it as an attribute."""
    folded = fold_constants({"pack.one": "A = 5\nf(A)", "pack.two": "from . import one\nf(one.A)"})
    assert folded == {"pack.one": "A = 5\nf(5)", "pack.two": "from . import one\nf(one.A)"}


def test_the_program_imports_no_name_that_is_gone():
    """Every name that a module of the folded program imports from another one exists there."""
    texts = fold_program(read_program())
    trees = {target.removeprefix("lib/")[:-3].replace("/", "."): ast.parse(text) for target, text in texts.items()}
    names = {module: _defined(tree) for module, tree in trees.items()}
    imported = [one for module, tree in trees.items() for one in _imported(module, tree) if one[0] in trees]
    assert len(imported) > 100
    assert [(module, name) for module, name in imported if name not in names[module] | {"*"}] == []


def _defined(tree):
    names = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}
    names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return names | {alias.asname or alias.name for node in tree.body if hasattr(node, "names") for alias in node.names}


def _imported(module, tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = module.split(".")[: -node.level] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield from [(source, alias.name) for alias in node.names]
