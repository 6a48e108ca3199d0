"""A fresh Debian 13 in a folder. Its tests take minutes and need root, so only scripts/test-packages runs them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support.debian_root import DebianRoot, make_root

ARCHITECTURE = os.environ.get("PUSHGLANCE_PACKAGES", "")
collect_ignore_glob = [] if ARCHITECTURE else ["test_*.py"]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """Return the folder with the packages that `scripts/build-deb` builds of this tree."""
    if named := os.environ.get("PUSHGLANCE_DEBS"):
        return Path(named)
    folder = tmp_path_factory.mktemp("debs")
    subprocess.run([ROOT / "scripts/build-deb", folder], check=True)
    return folder


@pytest.fixture(scope="module")
def debian(tmp_path_factory, packages):
    """Return a copy of a fresh Debian 13 with the packages in /debs."""
    folder = tmp_path_factory.mktemp("debian") / "root"
    subprocess.run(["cp", "-a", "--reflink=auto", make_root("trixie", ARCHITECTURE), folder], check=True)
    shutil.copytree(packages, folder / "debs")
    yield DebianRoot(folder)
    shutil.rmtree(folder)
