"""Functions that a board's program never names are left out, and nothing else is."""

import ast

from pushglance.boards.bundle import fold_program, read_program
from pushglance.boards.unused_functions import drop_unused_functions

SOURCE = """
def used():
    return helper()
def helper():
    return 1
def unused():
    return only_by_unused()
def only_by_unused():
    return 2
class Sensor:
    def __eq__(self, other):
        return True
    def by_text(self):
        return 3
    def never(self):
        return 4
    def stop(self):
        return self.stop()
class Empty:
    def never(self):
        return 5
"""


def functions(source):
    """Return the names of all functions of a source."""
    return {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}


def test_only_functions_without_a_use_are_dropped():
    """A function goes if only functions that go name it; special methods and names in texts stay."""
    dropped = drop_unused_functions({"module": SOURCE}, "from module import used\ngetattr(sensor, 'by_text')", {"stop"})
    assert functions(dropped["module"]) == {"used", "helper", "__eq__", "by_text"}
    compile(dropped["module"], "module", "exec")


def test_the_program_gets_smaller():
    """A board's program has no function that only the status page or requests of people need."""
    program = "\n".join(fold_program(read_program()).values())
    assert "def handle(" in program
    for name in ("pop_changes", "set_pause", "field_error"):
        assert f"def {name}(" not in program, name
