"""What to type to add a library, for each way in which pushglance can be installed."""

import re
import sys
from types import SimpleNamespace

import pytest

from pushglance import installation
from pushglance.installation import debian_candidate, how_to_add, installation_kind

EXTRAS = ("gpio", "gpiozero", "cluster", "web", "boards", "replay")
DEBIAN_13 = {"python3-libgpiod": "2.2.1-2", "python3-redis": "6.1.0-2", "python3-numpy": "1:2.2.4"}
DEBIAN_12 = {"python3-libgpiod": "1.6.3-1+b3", "python3-redis": "4.3.4-3"}


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """Return a function that puts pushglance into a folder, on a system with these Debian packages."""
    settings = tmp_path / "pip.conf"
    monkeypatch.setattr(installation, "_PIP_SETTINGS", settings)

    def install(file, prefix, packages, *, bits=64, has_piwheels=False):
        monkeypatch.setattr(installation, "__file__", file)
        monkeypatch.setattr(sys, "prefix", prefix)
        monkeypatch.setattr(sys, "executable", f"{prefix}/bin/python")
        monkeypatch.setattr(sys, "maxsize", (1 << (bits - 1)) - 1)
        settings.write_text("extra-index-url=https://www.piwheels.org/simple" if has_piwheels else "")

        def policy(command, **_options):
            version = packages.get(command[-1], "(none)")
            return SimpleNamespace(stdout=f"{command[-1]}:\n  Installed: (none)\n  Candidate: {version}\n")

        monkeypatch.setattr(installation.shutil, "which", lambda name: f"/usr/bin/{name}")
        monkeypatch.setattr(installation.subprocess, "run", policy)

    return install


PACKAGE = "/usr/lib/python3/dist-packages/pushglance/installation.py", "/usr"
SCRIPT = "/opt/pushglance/versions/1/lib/pushglance/installation.py", "/opt/pushglance/versions/1"
PIPX = "/home/pi/.local/pipx/venvs/pushglance/lib/pushglance/installation.py", "/home/pi/.local/pipx/venvs/pushglance"
VENV = "/home/pi/venv/lib/pushglance/installation.py", "/home/pi/venv"


@pytest.mark.parametrize(
    ("place", "kind", "words"),
    [
        (PACKAGE, "package", "type  sudo apt install python3-redis"),
        (SCRIPT, "script", "type  sudo scripts/install --with cluster  in the tree that it was installed from"),
        (PIPX, "pipx", "type  pipx inject pushglance 'redis>=5.0.8'"),
        (VENV, "environment", "type  /home/pi/venv/bin/python -m pip install 'redis>=5.0.8'"),
    ],
)
def test_the_hint_fits_the_installation(installed, place, kind, words):
    """One extra, four ways to install it; none needs a package pushglance on PyPI."""
    installed(*place, DEBIAN_13)
    assert installation_kind() == kind
    assert how_to_add("cluster") == words
    assert [extra for extra in EXTRAS if "pushglance[" in how_to_add(extra)] == []


def test_only_packages_that_exist_are_named(installed):
    """Debian 12 has libgpiod 1, which cannot be used, so its package is not named; Debian 13's is."""
    installed(*PACKAGE, DEBIAN_12)
    assert debian_candidate("python3-libgpiod") == ""
    assert "apt install" not in how_to_add("gpio")
    installed(*PACKAGE, DEBIAN_13)
    assert how_to_add("gpio") == "type  sudo apt install python3-libgpiod"
    assert how_to_add("replay") == "type  sudo apt install python3-numpy"


def test_a_32_bit_system_gets_a_hint_without_pip(installed, monkeypatch):
    """Where no wheels exist, the hint is Debian's package if it can be imported, or another system."""
    installed(*SCRIPT, DEBIAN_13, bits=32)
    monkeypatch.setattr(installation, "sees_system_packages", lambda: True)
    assert how_to_add("gpio") == "type  sudo apt install python3-libgpiod"
    assert "--with cluster" in how_to_add("cluster")
    installed(*VENV, DEBIAN_13, bits=32)
    monkeypatch.setattr(installation, "sees_system_packages", lambda: False)
    assert how_to_add("gpio").startswith("PyPI has no wheels for this 32-bit system")
    installed(*VENV, DEBIAN_13, bits=32, has_piwheels=True)
    assert "pip install 'gpiod>=2.2,<3'" in how_to_add("gpio")


def test_every_extra_has_a_hint_in_this_tree():
    """In a tree, pip gets the requirements of the extra itself."""
    for extra in EXTRAS:
        assert re.search(r"^type  .*/python -m pip install .*>=", how_to_add(extra)), extra
