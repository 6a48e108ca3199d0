"""The READMEs: their commands run, their settings load, their links and the files they name exist."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pushglance.cli.command_table import COMMANDS as COMMAND_NAMES

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
EXAMPLES = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
KEYS = {"PUSHGLANCE_PUSHOVER__TOKEN": "a" * 30, "PUSHGLANCE_PUSHOVER__USER": "u" * 30}
ARGUMENTS = {"scripts/demo": ["--seconds", "9"], "scripts/test": ["--collect-only", "--quiet", "tests/core"]}


def test_readme_is_short(capsys):
    """The README of the project is read in ten minutes; its number of words is printed."""
    words = len(README.split())
    with capsys.disabled():
        sys.stdout.write(f"\nREADME.md has {words} words\n")
    assert words <= 2000


@pytest.mark.timeout(330)
@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(command):
    """Each command that a README asks a newcomer to type exits with 0, endless ones within a bounded time."""
    words = shlex.split(command)
    if words[0] == "pushglance":
        words[:1] = [sys.executable, "-m", "pushglance"]
    words += ARGUMENTS.get(words[0], [])
    # The environment that runs this test is complete: the scripts must not install anything else.
    environment = os.environ | KEYS | {"PUSHGLANCE_VENV": sys.prefix, "TEST_PROCESSES": "0"}
    ended = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
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


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_settings_shown_are_settings(tmp_path, number):
    """Each example of settings in the README is accepted without a change and without a warning, and its texts fit."""
    path = tmp_path / "pushglance.toml"
    path.write_text(EXAMPLES[number])
    command = [sys.executable, "-m", "pushglance", "check", str(path)]
    ended = subprocess.run(command, env=os.environ | KEYS, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    assert "Warnings" not in ended.stdout.replace("Warnings\n  counted with lgpio", ""), ended.stdout
    assert not re.search(r"cut off on .*(Modular|Inline)", ended.stdout), ended.stdout


def _lines(text):
    """Return the lines of the blocks that are not run here: for root, a board, a container, several terminals."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [
        line
        for kind, block in blocks
        if not kind
        for line in block.split("\n")
        if re.match(r"[a-z/.]+ |[a-z/]+$", line)
    ]


@pytest.mark.parametrize("name", TEXTS)
def test_other_lines_are_valid_shell(name):
    """Each other line to type is valid shell and names existing files, commands and options."""
    lines = _lines(TEXTS[name])
    script = "\n".join(lines).replace("<this repository>", "repository")
    assert subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True).stderr == ""
    for line in lines:
        for path in re.findall(r"\b(?:config|scripts)/[\w./-]+", line):
            assert (ROOT / path).exists(), line
        for command, options in re.findall(r"\bpushglance ([a-z-]+)((?: --[a-z-]+)*)", line.partition(" #")[0]):
            if command in COMMAND_NAMES:
                _assert_options_exist(command, options.split())
            else:
                assert not re.match(r"(sudo )?pushglance", line) or command.startswith("-"), line


def _assert_options_exist(command, options):
    called = [sys.executable, "-m", "pushglance", command, "--help"]
    ended = subprocess.run(called, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, command
    assert all(option in ended.stdout for option in options), (command, options)


def test_commands_of_the_tables_exist():
    """Each command in the tables and sentences of the README exists, with its options."""
    for command, options in re.findall(r"`pushglance ([a-z-]+)((?: --[a-z-]+)*)[^`]*`", README):
        if not command.startswith("-"):
            assert command in COMMAND_NAMES, command
            _assert_options_exist(command, options.split())


def test_contents_name_every_section():
    """The line of contents at the top links to the sections of the README, in their order."""
    links = re.findall(r"\]\(#([\w-]+)\)", README.partition("\n## ")[0])
    titles = [title.lower().replace(" ", "-") for title in re.findall(r"^## (.*)$", README, re.MULTILINE)]
    assert links == [title for title in titles if title in links]
    assert len(titles) - len(links) <= 2
