"""Leave out of a board's program the functions that only a computer calls; each one would take some of the heap."""

import ast


def drop_unused_functions(sources: dict[str, str], roots: str, never_called: set[str]) -> dict[str, str]:
    """Return the modules (dotted name -> source) without functions and methods that neither they nor `roots` name.

    Functions in `never_called` go although they are named: what names them never runs. A text counts as a name, because
    it may be one that is looked up. Special methods stay.
    """
    trees = {name: ast.parse(source) for name, source in sources.items()}
    start = _names(ast.parse(roots))
    count = -1
    while count:  # what only a dropped function names is not used any more
        used = start.union(*map(_names, trees.values())) - never_called
        count = sum(_drop(node, used) for tree in trees.values() for node in ast.walk(tree) if hasattr(node, "body"))
    return {name: ast.unparse(tree) for name, tree in trees.items()}


def _names(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                names.add(name)
            case ast.Constant(value=str(text)):
                names.add(text)
    return names


def _drop(node: ast.AST, used: set[str]) -> int:
    """Drop the unused functions of a module or class; return how many there were."""
    if not isinstance(node, ast.Module | ast.ClassDef):
        return 0
    kept = [inner for inner in node.body if not _is_unused(inner, used)]
    count = len(node.body) - len(kept)
    node.body = kept or [ast.Pass()]
    return count


def _is_unused(node: ast.stmt, used: set[str]) -> bool:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    return node.name not in used and not node.name.startswith("__")
