"""The help of the group: every command in one line, in groups."""

import os
import re
import subprocess
import sys

import pytest

from pushglance.cli.command_table import COMMANDS, GROUPS, load_command


def output(*arguments, columns="80"):
    """Return what a command prints in a terminal of this width."""
    command = [sys.executable, "-m", "pushglance", *arguments]
    environment = os.environ | {"COLUMNS": columns}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_help_shows_each_command_whole_and_in_its_group():
    """In 80 columns each command is one line under its group's title, and nothing is cut off."""
    text = output("--help")
    for title, entries in GROUPS.items():
        group = text.partition(f"\n{title}:\n")[2].partition("\n\n")[0]
        assert group == "\n".join(f"  {name:<10}  {entry.summary}" for name, entry in entries.items())
    assert "Exit codes: 0 success; 1 " in text


def test_help_of_a_narrow_terminal_is_complete():
    """In a narrow terminal the lines are wrapped instead of cut off."""
    text = " ".join(output("--help", columns="50").split())
    assert all(entry.summary in text for entry in COMMANDS.values())


def test_help_loads_no_command():
    """The list of commands is printed without importing them, so that it comes at once on a Pi Zero."""
    code = "import sys, pushglance.cli.main as main; main.group(['--help'], standalone_mode=False)"
    check = "; print([name for name in sys.modules if 'pydantic' in name or '.cli.setup' in name])"
    ended = subprocess.run([sys.executable, "-c", code + check], capture_output=True, text=True, timeout=60)
    assert ended.stdout.rstrip().endswith("[]"), ended.stdout + ended.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_exists_under_its_name(name):
    """The table names existing commands, and each one explains itself in a first sentence."""
    command = load_command(name)
    assert command.name == name
    assert re.match(r"[A-Z].*[.;]", command.help.strip().partition("\n")[0]), command.help


def test_commands_that_answer_have_json():
    """Every command with a result for programs has --json; the others are endless, ask questions or write files."""
    without = {"init", "run", "sandbox", "logs", "web", "restore", "compile", "deploy", "completion"}
    options = {name: {word for one in load_command(name).params for word in one.opts} for name in COMMANDS}
    assert {name for name in COMMANDS if "--json" not in options[name]} == without
