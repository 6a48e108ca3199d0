"""The version and its part of CHANGELOG.md: prepare both for a release, check them, print the release's notes."""

import argparse
import re
import sys
import time
from pathlib import Path

VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(rc[1-9]\d*)?")  # SemVer, as PyPI and Debian write it
_VERSION_FILE = "agent/pushglance/__init__.py"
_VERSION_LINE = re.compile(r'^__version__ = "([^"]*)"$', re.MULTILINE)
_UNRELEASED = "## [Unreleased]"
_HEADING = re.compile(r"^## \[([^\]]+)\].*$", re.MULTILINE)


class ReleaseError(Exception):
    """A tree that is not ready, with what to do."""


def prepare(tree: Path, version: str) -> None:
    """Write the version, and close the unreleased part of the changelog under it. Raises ReleaseError."""
    changelog, file = (tree / "CHANGELOG.md").read_text(), tree / _VERSION_FILE
    released = [name for name in _headings(changelog) if VERSION.fullmatch(name)]
    if version in released:
        raise ReleaseError(f"{version} is released already: write a version above {released[0]}")
    if released and _order(version) <= _order(released[0]):
        raise ReleaseError(f"{version} is not above {released[0]}, the last release: write a larger version")
    if not notes(changelog, "Unreleased"):
        raise ReleaseError(f"nothing is written below {_UNRELEASED} in CHANGELOG.md: write what a user would notice")
    heading = f"## [{version}] - {time.strftime('%Y-%m-%d', time.gmtime())}"
    (tree / "CHANGELOG.md").write_text(changelog.replace(_UNRELEASED, f"{_UNRELEASED}\n\n{heading}", 1))
    file.write_text(_VERSION_LINE.sub(f'__version__ = "{version}"', file.read_text()))


def check(tree: Path, version: str) -> None:
    """Raise ReleaseError unless the tree is prepared for this version and nothing came after it."""
    found = _VERSION_LINE.search((tree / _VERSION_FILE).read_text())
    changelog = (tree / "CHANGELOG.md").read_text()
    if found is None or found[1] != version:
        raise ReleaseError(f"{_VERSION_FILE} has the version {found and found[1]}: type  scripts/release {version}")
    if not notes(changelog, version):
        raise ReleaseError(f"CHANGELOG.md has no part for {version}: type  scripts/release {version}")
    if _headings(changelog)[:2] != ["Unreleased", version]:
        raise ReleaseError(f"{version} is not the first release in CHANGELOG.md")
    if notes(changelog, "Unreleased"):
        raise ReleaseError(f"CHANGELOG.md has changes above {version}: they would be in it without being named")


def notes(changelog: str, name: str) -> str:
    """Return the text below the heading of a release, "" if there is none."""
    parts = _HEADING.split(changelog)
    return dict(zip(parts[1::2], parts[2::2], strict=True)).get(name, "").strip()


def _headings(changelog: str) -> list[str]:
    return _HEADING.findall(changelog)


def _order(version: str) -> tuple[int, ...]:
    """Return what sorts versions: a candidate is before its release."""
    numbers, _, candidate = version.partition("rc")
    return (*map(int, numbers.split(".")), int(candidate or 1_000_000))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/release", description=__doc__)
    parser.add_argument("version")
    actions = parser.add_mutually_exclusive_group()
    actions.add_argument("--check", action="store_true", help="check that the tree is prepared")
    actions.add_argument("--notes", action="store_true", help="print the release's part of CHANGELOG.md")
    parser.add_argument("--tree", type=Path, default=Path(__file__).parents[2], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    version = arguments.version.removeprefix("v")
    if not VERSION.fullmatch(version):
        sys.exit(f"release: {version} is not a version: write e.g. 0.2.0, or 0.2.0rc1 for a candidate")
    try:
        if arguments.notes:
            print(notes((arguments.tree / "CHANGELOG.md").read_text(), version))
        elif arguments.check:
            check(arguments.tree, version)
        else:
            prepare(arguments.tree, version)
            print(f"prepared {version}. Look at  git diff  , run  .ci/run  and publish it with")
            print(
                f"  git commit -am 'Release {version}' && git tag -a v{version} -m {version} && git push --follow-tags"
            )
    except ReleaseError as error:
        sys.exit(f"release: {error}")


if __name__ == "__main__":
    main()
