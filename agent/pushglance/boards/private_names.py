"""Give private attributes and parameters short names that many share, before a board's program is compiled.

MicroPython keeps each name once for the whole program, with its length and hash, and the table of names doubles when it
is full, which costs 10 KiB at once. Attributes such as `_first_settled_ms` are used in one family of classes only, so
those of another family can have the same short names; the same holds for the parameters of a function, unless some call
names them. Functions and methods keep their names: a traceback prints them.
"""

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import count

_Class = tuple[str, str]  # module, name
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def shorten_private_names(sources: dict[str, str]) -> dict[str, str]:
    """Return the modules (dotted name -> source) with short names for private attributes of their classes.

    A name stays if it is also a method, is read from outside of a class or from another object, or stands in a text.
    """
    trees = {module: ast.parse(source) for module, source in sources.items()}
    families = _families(trees)
    kept = _kept_names(trees)
    used: dict[_Class, Counter[str]] = defaultdict(Counter)
    for name, node in _classes(trees):
        used[families[name]].update(a.attr for a in _attributes(node) if _is_private(a.attr) and a.attr not in kept)
    names = {family: dict(zip(_by_use(counter), _short_names(kept), strict=False)) for family, counter in used.items()}
    for name, node in _classes(trees):
        for attribute in _attributes(node):
            attribute.attr = names[families[name]].get(attribute.attr, attribute.attr)
    keywords = {node.arg for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    for tree in trees.values():
        for function in _outermost_functions(tree):
            _shorten_parameters(function, keywords)
    return {module: ast.unparse(tree) for module, tree in trees.items()}


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _classes(trees: dict[str, ast.Module]) -> Iterator[tuple[_Class, ast.ClassDef]]:
    for module, tree in trees.items():
        yield from (((module, node.name), node) for node in tree.body if isinstance(node, ast.ClassDef))


def _attributes(node: ast.AST) -> list[ast.Attribute]:
    return [inner for inner in ast.walk(node) if isinstance(inner, ast.Attribute)]


def _families(trees: dict[str, ast.Module]) -> dict[_Class, _Class]:
    """Return one class for all classes that inherit from one another; a base is found by its name."""
    family = {name: name for name, _ in _classes(trees)}
    by_name = defaultdict(list)
    for name in family:
        by_name[name[1]].append(name)
    for name, node in _classes(trees):
        for base in node.bases:
            for other in by_name.get(base.id if isinstance(base, ast.Name) else "", []):
                old, new = family[name], family[other]
                family = {one: new if root == old else root for one, root in family.items()}
    return family


def _kept_names(trees: dict[str, ast.Module]) -> set[str]:
    kept = set()
    for tree in trees.values():
        own = {id(attribute) for node in tree.body if isinstance(node, ast.ClassDef) for attribute in _own(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                kept.add(node.name)
            elif isinstance(node, ast.Attribute) and id(node) not in own:
                kept.add(node.attr)
            elif isinstance(node, ast.Name):
                kept.add(node.id)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                kept.add(node.value)
    return kept


def _own(node: ast.ClassDef) -> Iterator[ast.Attribute]:
    """Yield the attributes that a class reads or sets of `self`."""
    for method in node.body:
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) and method.args.args:
            objects = {method.args.args[0].arg, "other"}
            for attribute in _attributes(method):
                if isinstance(attribute.value, ast.Name) and attribute.value.id in objects:
                    yield attribute


def _outermost_functions(tree: ast.Module) -> Iterator[ast.AST]:
    for node in tree.body:
        for inner in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                yield inner


def _shorten_parameters(function: ast.AST, keywords: set[str | None]) -> None:
    """Rename the parameters of a function, and of those inside it, wherever it uses them."""
    nodes = list(ast.walk(function))
    kept = keywords | {"self"} | set(_bound_by_statements(nodes))
    parameters = Counter(node.arg for node in nodes if isinstance(node, ast.arg) and node.arg not in kept)
    names = dict(zip(_by_use(parameters), _short_names({n.id for n in nodes if isinstance(n, ast.Name)}), strict=False))
    for node in nodes:
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
        elif isinstance(node, ast.arg):
            node.arg = names.get(node.arg, node.arg)


def _bound_by_statements(nodes: list[ast.AST]) -> Iterator[str | None]:
    """Yield the names that statements bind or declare in a text instead of a node that could be renamed."""
    for node in nodes:
        match node:
            case ast.ExceptHandler(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Nonlocal(names=names) | ast.Global(names=names):
                yield from names
            case ast.alias(name=name, asname=asname):
                yield asname or name


def _by_use(counter: Counter[str]) -> list[str]:
    return sorted(counter, key=lambda name: (-counter[name], name))


def _short_names(kept: set[str]) -> Iterator[str]:
    for length in count(1):
        for number in range(len(_LETTERS) ** length):
            digits = [_LETTERS[number // len(_LETTERS) ** place % len(_LETTERS)] for place in range(length)]
            name = "_" + "".join(digits)
            if name not in kept:
                yield name
