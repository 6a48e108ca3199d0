"""What may be imported where: by the core, by the daemon, by each command, and from which installed packages.

The layers and the ban on circles are contracts of import-linter, see pyproject.toml.
"""

import ast
import importlib.metadata
import itertools
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
AGENT = ROOT / "agent/pushglance"
# Modules that a daemon without pins and topics must not load: each costs memory on a Pi Zero.
NOT_IN_THE_DAEMON = {
    "argparse",
    "asyncio",
    "click",
    "ctypes",
    "decimal",
    "gpiod",
    "gpiozero",
    "itsdangerous",
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
    "tomlkit",
    "tomllib",
    "urllib3",
}
MODULES_MAX = 215  # 198 on CPython 3.11
PAHO_MODULES_MAX = 52  # 50 there


def imported_names(path):
    """Yield the top-level names of the modules that a file imports absolutely, at any depth."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.partition(".")[0]


def package_of(requirement):
    """Return the normalised name of the package that a requirement names."""
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")


def test_what_is_imported_is_installed():
    """Every module that pushglance imports is in the standard library or in a package that its users install."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [names for extra, names in project["optional-dependencies"].items() if extra not in ("test", "check")]
    required = {package_of(requirement) for requirement in [*project["dependencies"], *itertools.chain(*extras)]}
    packages = importlib.metadata.packages_distributions()
    indirect = {
        package_of(requirement)
        for package in set(itertools.chain(*packages.values()))
        if package_of(package) in required
        for requirement in importlib.metadata.requires(package) or []
        if "extra ==" not in requirement
    }
    for path in AGENT.rglob("*.py"):
        for name in set(imported_names(path)) - sys.stdlib_module_names - {"pushglance", "gpiod", "lgpio"}:
            providers = {package_of(package) for package in packages.get(name, [])}
            assert providers & (required | indirect), f"{path.relative_to(ROOT)} imports {name}"


def test_unit_tests_need_only_pytest_and_hypothesis():
    """The tests that `scripts/test core` runs import only pytest, hypothesis, the product and helpers of the tests."""
    allowed = sys.stdlib_module_names | {"pytest", "hypothesis", "pushglance", "support", "vectors"}
    for folder in ("core", "vectors", "watchface"):
        for path in (ROOT / "tests" / folder).rglob("*.py"):
            assert set(imported_names(path)) <= allowed, path


def is_core_import(node):
    """Return whether a `from ... import` names a module of the core."""
    return node.level in (1, 2) or (node.level == 0 and node.module.startswith("pushglance.core"))


def test_the_core_imports_only_itself():
    """Core modules import only core modules, and use no float and no division, so that they run on a board."""
    for path in sorted((AGENT / "core").rglob("*.py")):
        tree = ast.parse(path.read_text())
        type_only = [
            child
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
            for child in ast.walk(node)
        ]
        for node in ast.walk(tree):
            if node in type_only:
                continue
            assert not isinstance(node, ast.Import), f"{path.name}: {ast.unparse(node)}"
            assert not isinstance(node, ast.ImportFrom) or is_core_import(node), f"{path.name}: {ast.unparse(node)}"
            assert not isinstance(node, ast.Constant) or not isinstance(node.value, float), f"{path.name}: no floats"
            assert not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Div), f"{path.name}: use //"


def modules_loaded_by(*modules):
    """Return the modules that a fresh interpreter loads when it imports these."""
    program = (
        "import sys, json; before = set(sys.modules)\n"
        f"import {', '.join(modules)}\nprint(json.dumps(sorted(set(sys.modules) - before)))"
    )
    return set(json.loads(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout))


def test_the_daemon_imports_little():
    """A daemon without pins and topics loads no library that only others need, and few modules in all."""
    loaded = modules_loaded_by("pushglance.runtime.__main__")
    assert loaded & NOT_IN_THE_DAEMON == set()
    assert "tenacity" in loaded, "the list is that of the daemon"
    assert len(loaded) <= MODULES_MAX, "each module costs start-up time and memory on a Pi Zero"


def test_topics_load_paho_and_nothing_else_that_is_heavy():
    """A daemon with topics loads paho in addition, and nothing of the settings, the page or the pins."""
    loaded = modules_loaded_by("pushglance.runtime.__main__", "pushglance.runtime.inputs.mqtt.mqtt_connection")
    assert loaded & NOT_IN_THE_DAEMON == {"paho"}
    assert len(loaded) <= MODULES_MAX + PAHO_MODULES_MAX


def test_a_start_with_unchanged_settings_imports_only_the_daemon():
    """A start from the cached Plan loads neither click nor the settings, and only a checksum beyond the daemon."""
    loaded = modules_loaded_by("pushglance.__main__", "pushglance.runtime.plan_cache")
    assert loaded & NOT_IN_THE_DAEMON == set()
    added = {name for name in loaded - modules_loaded_by("pushglance.runtime.__main__") if not name.startswith("_")}
    assert {name.split(".")[0] for name in added} <= {"pushglance", "hashlib"}


def test_help_imports_no_library_of_a_command():
    """`pushglance --help` loads neither pydantic nor paho nor the sandbox."""
    program = (
        "import sys, json\nfrom pushglance.cli.main import main\nsys.argv = ['pushglance', '--help']\n"
        "try: main()\nexcept SystemExit: pass\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    # A coverage run would import sqlite3 into this process.
    environment = {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, "-c", program]
    loaded = set(json.loads(subprocess.run(command, capture_output=True, text=True, env=environment).stderr))
    assert loaded & {"pydantic", "paho", "urllib3", "sqlite3", "numpy", "pushglance.sandbox"} == set()
