"""Nothing is imported from the working directory: a folder with a file for every module is harmless."""

import importlib.metadata
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pushglance.cli.command_table import COMMANDS
from pushglance.sandbox import TOKEN, USER, Sandbox
from support.agent.agent_process import AgentProcess

ROOT = Path(__file__).parents[2]
SCRIPT = [str(Path(sys.executable).with_name("pushglance"))]
MODULE = [sys.executable, "-m", "pushglance"]
# What `python -m pushglance` imports before pushglance has control, see the README. The rest of the interpreter's start
# is frozen into it, or was imported before the working directory was added.
IMPORTED_EARLIER = {
    *("pushglance", "collections", "contextlib", "functools", "importlib", "keyword", "operator", "pkgutil"),
    *("reprlib", "types", "warnings"),
}
FILE = """
with open({log!r}, "a") as log:
    log.write(__name__ + "\\n")
"""
SETTINGS = """
[pushover]
token = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
user = "uuuuuuuuuuuuuuuuuuuuuuuuuuuuuu"
url = "http://127.0.0.1:9"
[sensors.garage]
kind = "contact"
mqtt = "garage"
[mqtt]
host = "127.0.0.1"
port = 9
[glance]
text = "{garage}"
"""
ARGUMENTS = {
    "check": ["--config", "../settings.toml"],
    "compile": ["--config", "../settings.toml", "--board", "pico_w", "--output", "../compiled"],
    "completion": ["bash"],
    "deploy": ["../compiled", "--port", "/dev/null"],
    "doctor": ["--config", "../settings.toml"],
    "init": ["--config", "../new.toml"],
    "replay": ["../recording.csv", "--config", "../settings.toml"],
    "send": ["--config", "../settings.toml", "--text", "x"],
    "set-total": ["visitors", "1"],
    "sandbox": ["--port", "0"],
    "web": ["--port", "0"],
}
ENDLESS = ("sandbox", "web")  # they print a line and serve until a signal


class Poisoned:
    """A working directory that holds a module for each one that could be imported, and the names of those that ran."""

    def __init__(self, folder, spared=()):
        self.path = folder / "downloads"
        self._log = folder / "imported.log"
        installed = {name for name in importlib.metadata.packages_distributions() if name.isidentifier()}
        self.path.mkdir()
        for name in (sys.stdlib_module_names | installed | {"pushglance", "lgpio", "gpiod"}) - set(spared):
            path = self.path / f"{name}.py"
            if name in ("pushglance", "paho", "logging"):
                path = self.path / name / "__init__.py"
                path.parent.mkdir()
            path.write_text(FILE.format(log=str(self._log)))

    def imported(self):
        """Return the names of the modules that were imported from here."""
        return sorted(set(self._log.read_text().split())) if self._log.exists() else []


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Return an environment without settings of Python, with directories of an agent that does not run."""
    folder = tmp_path_factory.mktemp("e")
    rest = {name: text for name, text in os.environ.items() if not name.startswith(("PUSHGLANCE_", "PYTHON"))}
    return rest | {"STATE_DIRECTORY": str(folder / "state"), "RUNTIME_DIRECTORY": str(folder / "run")}


@pytest.fixture(params=[SCRIPT, MODULE], ids=["script", "module"])
def entry(request):
    """Return the words that start pushglance: as a console script and as `python -m`."""
    return request.param


@pytest.fixture
def poisoned(tmp_path, entry):
    """Return a poisoned working directory; before `python -m` has control, Python itself imports some modules."""
    (tmp_path / "settings.toml").write_text(SETTINGS)
    (tmp_path / "recording.csv").write_text("time,sensor,value\n2026-01-01T00:00:00Z,garage,open\n")
    return Poisoned(tmp_path, IMPORTED_EARLIER if entry is MODULE else ())


@pytest.mark.parametrize("command", [*sorted(set(COMMANDS) - {"run"}), "--version", "--help"])
def test_a_command_imports_nothing_from_the_working_directory(command, entry, poisoned, environment):
    """Each command works in a folder whose files have the names of all modules, and runs none of them."""
    words = [*entry, command, *ARGUMENTS.get(command, [])]
    if command in ENDLESS:
        with subprocess.Popen(words, cwd=poisoned.path, env=environment, stdout=subprocess.PIPE, text=True) as process:
            line = process.stdout.readline()
            process.send_signal(signal.SIGTERM)
        assert "http://127.0.0.1:" in line
    else:
        ended = subprocess.run(
            words, cwd=poisoned.path, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        assert "Traceback" not in ended.stderr
    assert poisoned.imported() == []


def test_the_agent_imports_nothing_from_the_working_directory(entry, poisoned, tmp_path_factory):
    """Its first start by exec, a reload and a start from the cached Plan run no file of the working directory."""
    folder = Path(tmp_path_factory.mktemp("a"))
    with Sandbox() as sandbox:
        agent = AgentProcess(folder, sandbox)
        agent.environment = {name: text for name, text in agent.environment.items() if not name.startswith("PYTHON")}
        agent.entry, agent.working_directory = entry, poisoned.path
        (folder / "token").write_text(TOKEN)
        (folder / "user").write_text(USER)
        agent.write_settings(
            token=(f'token = "{TOKEN}"', 'token_file = "token"'), user=(f'user = "{USER}"', 'user_file = "user"')
        )
        (folder / "state").mkdir()
        try:
            agent.start()
            agent.process.send_signal(signal.SIGHUP)
            agent.wait_for_notification("RELOADING=1")
            agent.wait_for_notification("READY=1")
            assert agent.stop() == 0
            assert (folder / "state/pushglance.plan").exists()
            agent.start()
            assert agent.stop() == 0
        finally:
            agent.close()
    assert poisoned.imported() == []


@pytest.mark.parametrize("folders", ["", ":", "/nonexistent:", ":/nonexistent", "/nonexistent::/other"])
def test_an_empty_entry_of_pythonpath_is_not_the_working_directory(folders, environment, tmp_path):
    """An empty entry of PYTHONPATH, which means the working directory, is ignored by the program and its processes."""
    poisoned = Poisoned(tmp_path, IMPORTED_EARLIER | sys.stdlib_module_names | {"_distutils_hack"})
    environment = environment | {"PYTHONPATH": folders}
    for words in (SCRIPT, MODULE):
        ended = subprocess.run([*words, "doctor"], cwd=poisoned.path, env=environment, capture_output=True, text=True)
        assert "Traceback" not in ended.stderr
    assert poisoned.imported() == []


@pytest.mark.parametrize("script", ["install --dry-run", "install --help", "lib/check_words.py"])
def test_a_script_imports_nothing_from_the_working_directory(script, environment, tmp_path):
    """Scripts that are called in a folder full of modules run none of them."""
    poisoned = Poisoned(tmp_path)
    name, *options = script.split()
    assert (ROOT / "scripts" / name).exists()
    program = [sys.executable] if name.endswith(".py") else []
    words = [*program, str(ROOT / "scripts" / name), *options]
    subprocess.run(words, cwd=poisoned.path, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
    assert poisoned.imported() == []
