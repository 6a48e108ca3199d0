"""Mistyped commands and options are answered with what was probably meant."""

import subprocess
import sys

import pytest


def _error(*arguments, exit_code=1):
    command = [sys.executable, "-m", "pushglance", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == exit_code
    return ended.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ("statuss", "did you mean  pushglance status"),
        ("Status", "did you mean  pushglance status"),
        ("push_now", "did you mean  pushglance push-now"),
        ("validate", "did you mean  pushglance check"),
        ("setup", "did you mean  pushglance init"),
        ("start", "did you mean  pushglance run"),
        ("xyzzy", "pushglance --help  lists all commands"),
        ("--statsu", "did you mean  pushglance status"),
        ("status --jsn", "Did you mean '--json'?"),
        ("history --limit", "did you mean --pushes?"),
        ("status --frob", "it has --help, --json, --pushes, --watch"),
    ],
)
def test_what_was_meant_is_named(arguments, answer):
    """An unknown command or option names the nearest one, or those that exist."""
    assert answer in _error(*arguments.split())


def test_check_takes_the_file_as_its_argument(tmp_path):
    """`check FILE` reads this file; two different files are refused."""
    file = tmp_path / "mine.toml"
    file.write_text('[glance]\ntext = "{a}"\n')
    assert "{a}: no sensor has this name" in _error("check", str(file), exit_code=2)
    assert "name one file" in _error("check", str(file), "--config", "other.toml")
