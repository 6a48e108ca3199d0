"""A command that may not look says so, and its exit code is not 0."""

import ctypes
import json
import os
import subprocess
import sys

import pytest

from support.agent.agent_directories import AgentDirectories

_DROP, _DAC_OVERRIDE, _DAC_READ_SEARCH = 24, 1, 2  # prctl(2), capabilities(7)


def drop_rights():
    """Make root obey the permissions of files, as any other user does."""
    libc = ctypes.CDLL(None)
    for capability in (_DAC_OVERRIDE, _DAC_READ_SEARCH):
        libc.prctl(_DROP, capability, 0, 0, 0)


@pytest.fixture
def run(tmp_path):
    """Return a function that runs a command whose directories and settings may not be read."""
    directories = AgentDirectories(tmp_path)
    directories.write_status()
    directories.open_store().close()
    settings = tmp_path / "pushglance.toml"
    settings.write_text("")
    closed = [directories.state, directories.run, settings]

    def run(*arguments, close=closed):
        modes = {path: path.stat().st_mode for path in close}
        for path in close:
            path.chmod(0)
        try:
            return subprocess.run(
                [sys.executable, "-m", "pushglance", *arguments],
                env=os.environ
                | {"STATE_DIRECTORY": str(directories.state), "RUNTIME_DIRECTORY": str(directories.run)}
                | {"PUSHGLANCE_CONFIG": str(settings)},
                capture_output=True,
                text=True,
                timeout=60,
                preexec_fn=drop_rights if os.geteuid() == 0 else None,
            )
        finally:
            for path, mode in modes.items():
                path.chmod(mode)

    run.state = directories.state
    return run


@pytest.mark.parametrize(
    "command",
    [
        ["history"],
        ["history", "--json"],
        ["status"],
        ["status", "--json"],
        ["push-now"],
        ["pause", "1h"],
        ["set-total", "visitors", "1"],
        ["check"],
        ["run"],
    ],
    ids=" ".join,
)
def test_command_without_rights_says_so(run, command):
    """The sentence says who may not read what, and how to do it; nothing is printed as if it were the result."""
    result = run(*command)
    assert result.returncode != 0
    assert result.stdout == ""
    assert "this user may not" in result.stderr
    assert "sudo" in result.stderr
    assert "no push" not in result.stderr


def test_status_names_what_it_may_not_read(run):
    """With the store closed the status is shown, and in place of the pushes why they are not."""
    result = run("status", close=[run.state])
    assert "this user may not read" in result.stdout
    assert "last pushes" in result.stdout
    assert "this user may not" in json.loads(run("status", "--json", close=[run.state]).stdout)["pushes_problem"]


def test_history_without_a_store_is_empty(run):
    """Where nothing was pushed yet the history says so, with exit code 0."""
    for file in run.state.iterdir():
        file.unlink()
    result = run("history", close=[])
    assert (result.returncode, result.stdout) == (0, f"no push was made yet, by the store in {run.state}\n")
