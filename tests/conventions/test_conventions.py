"""The house rules as tests: what a reviewer would otherwise have to say each time."""

import ast
import importlib.metadata
import itertools
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AGENT = ROOT / "agent/pushglance"
SOURCES = sorted([*AGENT.rglob("*.py"), *(ROOT / "boards").rglob("*.py")])
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
LINES_MAX = 350
VAGUE = re.compile(r"(manager|handler|helper|utils?|data|info)s?$", re.IGNORECASE)
# Modules that the daemon must not hold when neither pins nor topics are configured: each costs memory on a Pi Zero.
NOT_IN_THE_DAEMON = {
    "argparse",
    "asyncio",
    "click",
    "ctypes",
    "decimal",
    "gpiod",
    "gpiozero",
    "jinja2",
    "lgpio",
    "matplotlib",
    "multiprocessing",
    "numpy",
    "paho",
    "pushglance.settings",
    "pydantic",
    "pydantic_settings",
    "redis",
    "requests",
    "starlette",
    "statistics",
    "subprocess",
    "tkinter",
    "tomllib",
    "urllib3",
}
MODULES_MAX = 180  # 167 on CPython 3.11, and some room for another one
PAHO_MODULES_MAX = 40  # 33 there


def name_of(path):
    """Return a short id for a parametrized file."""
    return str(path.relative_to(ROOT))


def imported_by(path):
    """Return the top names of the modules that a file imports absolutely, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.partition(".")[0]


def package_of(requirement):
    """Return the name of a package as requirements write it, in one spelling."""
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")


def test_what_is_imported_is_installed():
    """Every module that pushglance imports is Python's own, or comes with what its users are asked to install."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [wanted for extra, wanted in project["optional-dependencies"].items() if extra not in ("test", "check")]
    asked_for = {package_of(one) for one in [*project["dependencies"], *itertools.chain(*extras)]}
    packages = importlib.metadata.packages_distributions()
    coming = {
        one
        for installed in set(itertools.chain(*packages.values()))
        if package_of(installed) in asked_for
        for one in importlib.metadata.requires(installed) or []
        if "extra ==" not in one
    }
    there = asked_for | {package_of(one) for one in coming}
    for path in AGENT.rglob("*.py"):
        for name in set(imported_by(path)) - sys.stdlib_module_names - {"pushglance", "gpiod", "lgpio"}:
            assert {package_of(one) for one in packages.get(name, [])} & there, f"{name_of(path)} imports {name}"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_rooms_are_described_and_not_crowded(path):
    """Each module says in its docstring what it is for, and is short enough to read in one go."""
    text = path.read_text()
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "a module's docstring says what this room is for"
    assert len(text.splitlines()) <= LINES_MAX, "a crowded room wants a better cut, not another door"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_names_say_something(path):
    """No class, function or module is called manager, handler, helper, utils, data or info."""
    nodes = ast.walk(ast.parse(path.read_text()))
    names = [node.name for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    assert [name for name in [path.stem, *names] if VAGUE.search(name)] == [], (
        "use the glossary's words, see the README"
    )


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_every_test_has_a_sentence(path):
    """Each test says in one sentence the truth that it proves."""
    tests = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    silent = [node.name for node in tests if node.name.startswith("test_") and not ast.get_docstring(node)]
    assert silent == []


def test_the_core_imports_only_itself():
    """Core files import their siblings and nothing else, so that they run on a board as they are."""
    for path in sorted((AGENT / "core").rglob("*.py")):
        tree = ast.parse(path.read_text())
        guarded = [
            child
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
            for child in ast.walk(node)
        ]
        for node in ast.walk(tree):
            if node in guarded:
                continue
            assert not isinstance(node, ast.Import), f"{path.name}: {ast.unparse(node)}"
            assert not isinstance(node, ast.ImportFrom) or node.level in (1, 2), f"{path.name}: {ast.unparse(node)}"
            assert not isinstance(node, ast.Constant) or not isinstance(node.value, float), f"{path.name}: no floats"
            assert not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Div), f"{path.name}: use //"


def loaded_by(*modules):
    """Return what a fresh interpreter holds after importing these, without what it held before."""
    program = (
        "import sys, json; before = set(sys.modules)\n"
        f"import {', '.join(modules)}\nprint(json.dumps(sorted(set(sys.modules) - before)))"
    )
    return set(json.loads(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout))


def test_the_daemon_imports_little():
    """A daemon without pins and topics holds none of the libraries that only others need, and few modules in all."""
    loaded = loaded_by("pushglance.runtime.__main__")
    assert loaded & NOT_IN_THE_DAEMON == set()
    assert "tenacity" in loaded, "this is the list that we mean"
    assert len(loaded) <= MODULES_MAX, "each module is start-up time and memory on a Pi Zero: is the newest one needed?"


def test_topics_bring_paho_and_nothing_else_that_is_heavy():
    """A daemon with topics holds paho beside that, and still nothing of the settings, the page or the pins."""
    loaded = loaded_by("pushglance.runtime.__main__", "pushglance.runtime.inputs.mqtt.mqtt_connection")
    assert loaded & NOT_IN_THE_DAEMON == {"paho"}
    assert len(loaded) <= MODULES_MAX + PAHO_MODULES_MAX


def test_a_start_with_unchanged_settings_imports_only_the_daemon():
    """The way to the kept Plan loads neither click nor what checks settings, and little that the daemon has not."""
    quick = loaded_by("pushglance.__main__", "pushglance.runtime.plan_cache")
    assert quick & NOT_IN_THE_DAEMON == set()
    added = {name for name in quick - loaded_by("pushglance.runtime.__main__") if not name.startswith("_")}
    assert {name.split(".")[0] for name in added} <= {"pushglance", "hashlib"}


def test_no_command_imports_another_ones_libraries():
    """`pushglance --help` loads neither pydantic nor paho nor the sandbox."""
    program = (
        "import sys, json\nfrom pushglance.cli.main import main\nsys.argv = ['pushglance', '--help']\n"
        "try: main()\nexcept SystemExit: pass\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    loaded = set(json.loads(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stderr))
    assert loaded & {"pydantic", "paho", "urllib3", "sqlite3", "numpy", "pushglance.sandbox"} == set()
