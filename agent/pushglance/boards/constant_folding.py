"""Put the values of constants where they are used, before a board's program is compiled.

MicroPython keeps each name of a module in the heap, and its value in a dict: with 150 constants that is several KiB of
the 192 that a Pico W has. Its own `const()` works only within one file, and would have to be written everywhere.
"""

import ast
import operator
import re
from collections.abc import Callable, Iterator

Value = int | str | None
Constants = dict[str, Value]  # name -> value: those that a module defines or imports

_CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")
_SMALL_INT_MAX = 2**30 - 1  # larger ones are objects: one for each use instead of one for all
_SHORT_TEXT = 10  # characters; a longer text is an object, too
_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}


def fold_constants(sources: dict[str, str]) -> dict[str, str]:
    """Return the modules (dotted name -> source) without constants, annotations of imports, and comments.

    Constants are names in capitals, assigned once at the top of a module: small integers, short texts, None. An
    assignment stays if it is read as an attribute of its module. `if TYPE_CHECKING` goes with everything in it.
    """
    trees = {name: ast.parse(source) for name, source in sources.items()}
    constants: dict[str, Constants] = {}
    for name in trees:
        _collect(name, trees, constants)
    attributes = {node.attr for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    folded = {}
    for name, tree in trees.items():
        visible = dict(constants[name])
        for node in ast.walk(tree):
            visible.update(_imported(name, node, constants))
        folder = _Folder(name, visible, constants, kept=attributes)
        folded[name] = ast.unparse(ast.fix_missing_locations(folder.visit(tree)))
    return folded


def _collect(name: str, trees: dict[str, ast.Module], constants: dict[str, Constants]) -> None:
    """Find the constants of a module, after those of the modules that it imports at its top."""
    if name in constants:
        return
    visible = constants[name] = {}
    stored = [
        node.id for node in ast.walk(trees[name]) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    for node in trees[name].body:
        if isinstance(node, ast.ImportFrom):
            if _source_of(name, node) in trees:
                _collect(_source_of(name, node), trees, constants)
            visible.update(_imported(name, node, constants))
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            target = node.targets[0].id
            if _CONSTANT.fullmatch(target) and stored.count(target) == 1:
                visible.update((target, value) for value in _values(node.value, visible))


def _values(node: ast.expr, visible: Constants) -> Iterator[Value]:
    """Yield the value of an expression if it is one that can be folded."""
    match node:
        case ast.Constant(value=None | int() | str() as value):
            if not (isinstance(value, int) and abs(value) > _SMALL_INT_MAX) and len(str(value)) <= _SHORT_TEXT:
                yield value
        case ast.Name(id=name) if name in visible:
            yield visible[name]
        case ast.Call(func=ast.Name(id="const"), args=[argument]):
            yield from _values(argument, visible)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield from (-value for value in _values(operand, visible) if isinstance(value, int))
        case ast.BinOp(left=left_node, op=op, right=right_node) if type(op) in _OPERATORS:
            for left in _values(left_node, visible):
                for right in _values(right_node, visible):
                    if isinstance(left, int) and isinstance(right, int):
                        yield from _values(ast.Constant(_OPERATORS[type(op)](left, right)), visible)


def _source_of(name: str, node: ast.ImportFrom) -> str:
    """Return the dotted name of the module that `node` imports from, in the module `name`."""
    if not node.level:
        return node.module or ""
    base = name.split(".")[: -node.level]
    return ".".join([*base, *([node.module] if node.module else [])])


def _imported(name: str, node: ast.AST, constants: dict[str, Constants]) -> Constants:
    """Return the constants that an import statement brings, under the names that they get."""
    if not isinstance(node, ast.ImportFrom):
        return {}
    known = constants.get(_source_of(name, node), {})
    return {alias.asname or alias.name: known[alias.name] for alias in node.names if alias.name in known}


class _Folder(ast.NodeTransformer):
    def __init__(self, name: str, visible: Constants, constants: dict[str, Constants], kept: set[str]) -> None:
        self._name = name
        self._visible = visible
        self._constants = constants
        self._kept = kept

    def generic_visit(self, node: ast.AST) -> ast.AST:
        node = super().generic_visit(node)
        if isinstance(node, ast.stmt) and getattr(node, "body", None) == []:
            setattr(node, "body", [ast.Pass()])  # noqa: B010 - a statement of any kind that has a body
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id in self._visible:
            return ast.copy_location(ast.parse(repr(self._visible[node.id]), mode="eval").body, node)
        return node

    def visit_If(self, node: ast.If) -> ast.AST | None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return None
        return self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        target = node.targets[0]
        if isinstance(target, ast.Name) and target.id in self._constants[self._name] and target.id not in self._kept:
            return None
        return self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        known = self._constants.get(_source_of(self._name, node), {})
        node.names = [alias for alias in node.names if alias.name not in known]
        return node if node.names else None
