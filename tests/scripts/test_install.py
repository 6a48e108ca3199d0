"""`scripts/install` where nothing may be touched: what it would do, what it refuses, and a whole run in a chroot.

With a running systemd, and with pins, tests/system tries the same.
"""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "scripts/install"
BELONGINGS = ROOT / "scripts/installation/belongings"
IN_A_COPY = """
set -eu
mount -t overlay overlay -o lowerdir=/,upperdir="$1/upper",workdir="$1/work" "$1/root"
for folder in dev proc tmp; do mount --rbind "/$folder" "$1/root/$folder"; done
exec chroot "$1/root" bash -c "$2" -- "$3"
"""
TWICE = """
set -eu
names() { find / -xdev -name '*pushglance*' -not -path "$1/*" -printf '%p %u\\n' | sort; }
names "$1" >/before
"$1"/scripts/install </dev/null
find -P /opt/pushglance/versions -maxdepth 1 -printf '%p %T@\\n' >/first
"$1"/scripts/install </dev/null
find -P /opt/pushglance/versions -maxdepth 1 -printf '%p %T@\\n' | cmp - /first
ls /opt/pushglance/bin | sed 's/^/offered /'
pushglance --version
/opt/pushglance/current/bin/python -c 'import gpiod; print("gpiod", hasattr(gpiod, "request_lines"))'
stat -c '%U %a' /etc/pushglance/credentials /etc/systemd/system/pushglance.service
readlink /etc/systemd/system/multi-user.target.wants/pushglance.service
install -d -o pushglance /var/lib/pushglance
echo kept >/var/lib/pushglance/pushglance.db
"$1"/scripts/install --uninstall
names "$1" | comm -13 /before - | sed 's/^/left /'
"$1"/scripts/install --purge
if [ -e /var/lib/pushglance ]; then exit 1; fi
"""


def install(*arguments, **more):
    """Return a finished `scripts/install`."""
    return subprocess.run([INSTALL, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, **more)


def test_help_tells_every_option():
    """--help names each option that the script takes."""
    told = install("--help").stdout
    taken = re.findall(r"^ {4}(--[a-z-]+)\)", INSTALL.read_text(), re.MULTILINE)
    assert len(taken) == 5
    assert all(option in told for option in taken)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--prune"], "--prune is no option: see"),
        (["--from"], "--from needs the path of a wheel"),
        (["--dry-run", "--from", "/no/such.whl"], "there is no wheel /no/such.whl"),
    ],
)
def test_mistakes_are_told(arguments, sentence):
    """What was typed wrong ends with 1 and a sentence, before anything is done."""
    ended = install(*arguments)
    assert ended.returncode == 1
    assert sentence in ended.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_it_is_for_root():
    """Nobody but root is let in, and is told what to type."""
    ended = subprocess.run(["bash"], input=INSTALL.read_text(), capture_output=True, text=True, user=65534, cwd="/")
    assert ended.returncode == 1
    assert "this needs root: type  sudo" in ended.stderr


@pytest.mark.parametrize("way", [[], ["--uninstall"], ["--purge"]], ids=str)
def test_a_dry_run_only_talks(way):
    """--dry-run shows each step and takes none."""
    places = [Path("/opt"), Path("/etc"), Path("/etc/systemd/system"), Path("/var/lib")]
    before = [sorted(place.iterdir()) for place in places]
    ended = install("--dry-run", *way)
    assert ended.returncode == 0, ended.stderr
    assert "/opt/pushglance" in ended.stdout
    assert ended.stdout.endswith("that was a dry run: nothing was done\n")
    assert [sorted(place.iterdir()) for place in places] == before


@pytest.mark.timeout(300)
def test_a_whole_life_in_a_chroot(tmp_path):
    """Installed twice from this tree it is there once; uninstalled, nothing but root's copy of the state is left."""
    for name in ("upper", "work", "root"):
        (tmp_path / name).mkdir()
    probe = ["unshare", "--mount", "bash", "-c", IN_A_COPY, "--", tmp_path, "true", ""]
    can = subprocess.run(probe, capture_output=True, text=True)
    if can.returncode:
        pytest.skip(f"no overlay can be mounted here: {can.stderr.strip()}")
    ended = subprocess.run(
        ["unshare", "--mount", "bash", "-c", IN_A_COPY, "--", tmp_path, TWICE, ROOT], capture_output=True, text=True
    )
    detail = ended.stdout
    assert ended.returncode == 0, detail + ended.stderr
    assert "enabled; it starts with the system" in detail
    assert re.search(r"^pushglance \d", detail, re.MULTILINE)
    assert re.findall("^offered (.*)", detail, re.MULTILINE) == ["pushglance"], "a python there would find no packages"
    assert "gpiod True" in detail
    assert "root 700" in detail
    assert "/etc/systemd/system/pushglance.service" in detail
    left = [line for line in detail.splitlines() if line.startswith("left ")]
    assert sorted(left) == [
        "left /var/lib/pushglance root",
        "left /var/lib/pushglance/pushglance.db root",
        "left /var/lib/pushglance/pushglance.toml root",
    ]


def test_every_key_of_the_unit_is_sealed():
    """Each key that the unit hands to the agent is encrypted where systemd can."""
    unit = (ROOT / "config/pushglance.service").read_text()
    sealed = re.search(r"for name in (.+); do", BELONGINGS.read_text()).group(1).split()
    assert sealed == re.findall(r"^LoadCredential=(\w+):", unit, re.MULTILINE)


def test_the_commented_settings_are_sound():
    """The settings file of a first installation says nothing yet, and each of its lines is a comment or blank."""
    pattern = re.search(r"sed '(s/[^']+)' \"\$tree/config/pushglance.example.toml\"", BELONGINGS.read_text()).group(1)
    example = ROOT / "config/pushglance.example.toml"
    text = subprocess.run(["sed", pattern, example], capture_output=True, text=True, check=True).stdout
    assert tomllib.loads(text) == {}
