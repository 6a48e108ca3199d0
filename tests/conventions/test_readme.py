"""The READMEs: their commands run, their settings load, their links and the files they name exist."""

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
TEXTS = {
    str(path.relative_to(ROOT)): path.read_text()
    for folder in ("agent", "boards", "config", "scripts", "tests", ".github")
    for path in sorted((ROOT / folder).rglob("*.md"))
} | {"README.md": README}
COMMANDS = sorted(
    {
        line
        for text in TEXTS.values()
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        for line in block.strip().split("\n")
        if line.startswith(("pushglance", "scripts/demo", "scripts/test"))
    }
)
KEYS = {"PUSHGLANCE_PUSHOVER__TOKEN": "a" * 30, "PUSHGLANCE_PUSHOVER__USER": "u" * 30}
ARGUMENTS = {"scripts/demo": ["--seconds", "9"], "scripts/test": ["--collect-only", "--quiet", "tests/core"]}


def test_readme_is_short():
    """The README of the project is read in ten minutes."""
    assert len(README.split()) <= 2000


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(command):
    """Each command that a README asks a newcomer to type exits with 0, endless ones within a bounded time."""
    words = shlex.split(command)
    if words[0] == "pushglance":
        words[:1] = [sys.executable, "-m", "pushglance"]
    words += ARGUMENTS.get(words[0], [])
    # The environment that runs this test is complete: the scripts must not install anything else.
    environment = os.environ | KEYS | {"PUSHGLANCE_VENV": sys.prefix, "TEST_PROCESSES": "0"}
    ended = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    if words[0] == "scripts/demo":
        assert "'Garage open'" in ended.stdout, "the door's change is seen as a push"
        assert "of 50 pushes spent" in ended.stdout


@pytest.mark.parametrize("name", TEXTS)
def test_named_files_and_links_exist(name):
    """Every file that a README names or links to exists, and so does every heading that it links to."""
    folders = [ROOT, ROOT / "agent/pushglance", (ROOT / name).parent]
    for path in re.findall(
        r"`((?:runtime|core|settings|plan|config|tests|scripts|agent|boards)/[\w./-]*)`", TEXTS[name]
    ):
        is_example = "NAME" in path or "onewire" in path  # of the recipes for new files
        assert is_example or any((folder / path).exists() for folder in folders), path
    for link in re.findall(r"\]\(((?!http)[^)]+)\)", TEXTS[name]):
        path, _, heading = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        if heading:
            titles = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}, link


def test_the_settings_shown_are_settings(tmp_path):
    """The README's example of settings is accepted without a change."""
    example = re.search(r"```toml\n(.*?)```", README, re.DOTALL).group(1)
    tomllib.loads(example)
    path = tmp_path / "pushglance.toml"
    path.write_text(example)
    command = [sys.executable, "-m", "pushglance", "check", "--config", str(path)]
    ended = subprocess.run(command, env=os.environ | KEYS, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr


def test_lines_for_root_are_valid_shell():
    """Each line of the blocks for root is valid shell and names existing files, commands and options."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    lines = [line for kind, block in blocks if not kind for line in block.split("\n") if re.match(r"[a-z/]", line)]
    assert len(lines) > 5
    assert subprocess.run(["bash", "-n"], input="\n".join(lines), text=True, capture_output=True).stderr == ""
    for line in lines:
        for name in re.findall(r"\b(?:config|scripts)/[\w./-]+", line):
            assert (ROOT / name).exists(), line
        for command, options in re.findall(r"pushglance ([a-z-]+)((?: --[a-z-]+)*)", line):
            if command.startswith("-"):
                continue
            ended = subprocess.run(
                [sys.executable, "-m", "pushglance", command, "--help"], capture_output=True, text=True
            )
            assert ended.returncode == 0, line
            assert all(option in ended.stdout for option in options.split()), line
