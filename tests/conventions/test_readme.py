"""The README: its commands run, its settings load, its map names files that exist, its words are those of the code."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.strip().split("\n")]
KEYS = {"PUSHGLANCE_PUSHOVER__TOKEN": "a" * 30, "PUSHGLANCE_PUSHOVER__USER": "u" * 30}
ARGUMENTS = {"scripts/demo": ["--seconds", "9"], "scripts/test": ["--collect-only", "--quiet", "tests/core"]}


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(command):
    """Each command that the README tells a newcomer to type ends with 0, those without an end with a bounded time."""
    words = shlex.split(command)
    if words[0] == "pushglance":
        words[:1] = [sys.executable, "-m", "pushglance"]
    words += ARGUMENTS.get(words[0], [])
    # The environment that runs this test is complete: the scripts must not install anything beside it.
    surroundings = os.environ | KEYS | {"PUSHGLANCE_VENV": sys.prefix, "TEST_PROCESSES": "0"}
    ended = subprocess.run(words, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=100)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    if words[0] == "scripts/demo":
        assert "'Garage open since" in ended.stdout, "the door's change is seen as a push"
        assert "The ledger of debits" in ended.stdout


def test_the_map_is_true():
    """Every file that the README names is there."""
    named = re.findall(r"`((?:runtime|core|settings|plan|config|tests|scripts|agent|boards)/[\w./-]*)`", README)
    assert len(named) > 15
    for name in named:
        assert (ROOT / name).exists() or (ROOT / "agent/pushglance" / name).exists(), name
    for link in re.findall(r"\]\(((?!http)[^)#]+)\)", README):
        assert (ROOT / link).exists(), link


def test_the_settings_shown_are_settings(tmp_path):
    """The README's example of settings is accepted as it stands."""
    example = re.search(r"```toml\n(.*?)```", README, re.DOTALL).group(1)
    tomllib.loads(example)
    path = tmp_path / "pushglance.toml"
    path.write_text(example)
    command = [sys.executable, "-m", "pushglance", "check", "--config", str(path)]
    ended = subprocess.run(command, env=os.environ | KEYS, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr


def test_every_command_is_told():
    """The README's table and --help name the same commands."""
    command = [sys.executable, "-m", "pushglance", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
    listed = re.findall(r"^  ([\w-]+)  ", told.partition("Commands:")[2], re.MULTILINE)
    assert listed == re.findall(r"^\| `([\w-]+)` \|", README, re.MULTILINE)
    assert "Exit codes" in told


def test_what_is_for_root_can_be_typed():
    """Each line of the blocks for root is sound shell, names files that are there, and commands with such options."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    lines = [line for kind, block in blocks if not kind for line in block.split("\n") if re.match(r"[a-z/]", line)]
    assert len(lines) > 5
    assert subprocess.run(["bash", "-n"], input="\n".join(lines), text=True, capture_output=True).stderr == ""
    for line in lines:
        for name in re.findall(r"\b(?:config|scripts)/[\w./-]+", line):
            assert (ROOT / name).exists(), line
        for command, options in re.findall(r"bin/pushglance ([a-z-]+)((?: --[a-z-]+)*)", line):
            told = subprocess.run(
                [sys.executable, "-m", "pushglance", command, "--help"], capture_output=True, text=True
            )
            assert told.returncode == 0, line
            assert all(option in told.stdout for option in options.split()), line
