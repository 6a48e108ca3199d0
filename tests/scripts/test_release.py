"""`scripts/release`: what it changes, and what it refuses to release."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "scripts/packaging/release.py"
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n### Added\n- A door.\n\n## [0.1.0] - 2026-01-01\n\n### Added\n- All.\n"


@pytest.fixture
def tree(tmp_path):
    """Return a tree with a version and a changelog."""
    (tmp_path / "agent/pushglance").mkdir(parents=True)
    (tmp_path / "agent/pushglance/__init__.py").write_text('"""Words."""\n\n__version__ = "0.1.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path


def release(tree, *words):
    """Run it; return the exit code and what it printed."""
    command = [sys.executable, PROGRAM, *words, "--tree", tree]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in ended.stderr
    return ended.returncode, ended.stdout + ended.stderr


def test_a_release_closes_the_changelog_and_opens_the_next(tree):
    """The prepared tree passes the check, and its notes are what was unreleased."""
    code, text = release(tree, "0.2.0")
    assert (code, "git tag -a v0.2.0" in text) == (0, True)
    assert '__version__ = "0.2.0"' in (tree / "agent/pushglance/__init__.py").read_text()
    today = time.strftime("%Y-%m-%d", time.gmtime())
    assert f"## [Unreleased]\n\n## [0.2.0] - {today}\n\n### Added\n- A door." in (tree / "CHANGELOG.md").read_text()
    assert release(tree, "--check", "v0.2.0") == (0, "")
    assert release(tree, "--notes", "0.2.0") == (0, "### Added\n- A door.\n")
    code, text = release(tree, "0.3.0")
    assert (code, "nothing is written below ## [Unreleased]" in text) == (1, True)


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("0.1.0", "0.1.0 is released already: write a version above 0.1.0"),
        ("0.0.9", "0.0.9 is not above 0.1.0"),
        ("0.1.0rc2", "0.1.0rc2 is not above 0.1.0"),
        ("1.0", "1.0 is not a version: write e.g. 0.2.0"),
        ("2026.01.02", "is not a version"),
    ],
)
def test_a_wrong_version_changes_nothing(tree, version, words):
    """Each version that cannot follow the last release is refused."""
    code, text = release(tree, version)
    assert code == 1
    assert words in text
    assert (tree / "CHANGELOG.md").read_text() == CHANGELOG


def test_a_tag_without_preparation_is_refused(tree):
    """The workflow stops if version, changelog and tag do not agree."""
    assert "has the version 0.1.0: type  scripts/release 0.2.0" in release(tree, "--check", "0.2.0")[1]
    assert "CHANGELOG.md has changes above 0.1.0" in release(tree, "--check", "0.1.0")[1]


def test_this_tree_can_be_released(tmp_path):
    """The changelog of this tree has what `scripts/release` closes, for the first release, too."""
    (tmp_path / "agent/pushglance").mkdir(parents=True)
    for name in ("agent/pushglance/__init__.py", "CHANGELOG.md"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    assert release(tmp_path, "99.0.0")[0] == 0
    assert release(tmp_path, "--check", "99.0.0") == (0, "")
