"""`scripts/install`: its options, its dry run, what it refuses, and a complete installation in a chroot.

tests/system does the same with a running systemd and with pins.
"""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "scripts/install"
USER_AND_SETTINGS = ROOT / "scripts/installation/user_and_settings"
IN_A_CHROOT = """
set -eu
mount -t overlay overlay -o lowerdir=/,upperdir="$1/upper",workdir="$1/work" "$1/root"
for folder in dev proc tmp; do mount --rbind "/$folder" "$1/root/$folder"; done
exec chroot "$1/root" bash -c "$2" -- "$3"
"""
INSTALL_TWICE = """
set -eu
names() { find / -xdev -name '*pushglance*' -not -path "$1/*" -printf '%p %u\\n' | sort; }
names "$1" >/before
"$1"/scripts/install </dev/null
find -P /opt/pushglance/versions -maxdepth 1 -printf '%p %T@\\n' >/first
"$1"/scripts/install </dev/null
find -P /opt/pushglance/versions -maxdepth 1 -printf '%p %T@\\n' | cmp - /first
ls /opt/pushglance/bin | sed 's/^/offered /'
pushglance --version
sed -n 's/^\\.SH /manual /p' /usr/local/share/man/man1/pushglance.1
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
    """Run `scripts/install` and return the finished process."""
    return subprocess.run([INSTALL, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, **more)


def test_help_names_every_option():
    """--help names each option that the script accepts."""
    text = install("--help").stdout
    accepted = re.findall(r"^ {4}(--[a-z-]+)\)", INSTALL.read_text(), re.MULTILINE)
    assert len(accepted) == 7
    assert all(option in text for option in accepted)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--prune"], "unknown option --prune: see"),
        (["--with", "web,pages"], "--with pages: write web, cluster, replay or boards"),
        (["--from"], "--from needs the path of a wheel"),
        (["--lan"], "--lan asks for a password: type it in a terminal"),
        (["--dry-run", "--from", "/no/such.whl"], "the wheel /no/such.whl does not exist"),
    ],
)
def test_wrong_arguments_are_refused(arguments, sentence):
    """A wrong argument ends with code 1 and an error, before anything is changed."""
    ended = install(*arguments)
    assert ended.returncode == 1
    assert sentence in ended.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a process as another user")
def test_another_user_than_root_is_refused():
    """Another user than root gets an error with the command to type."""
    ended = subprocess.run(["bash"], input=INSTALL.read_text(), capture_output=True, text=True, user=65534, cwd="/")
    assert ended.returncode == 1
    assert "this needs root: type  sudo" in ended.stderr


@pytest.mark.parametrize("arguments", [[], ["--lan"], ["--uninstall"], ["--purge"]], ids=str)
def test_a_dry_run_changes_nothing(arguments):
    """--dry-run prints each step and changes no file."""
    folders = [Path("/opt"), Path("/etc"), Path("/etc/systemd/system"), Path("/var/lib")]
    before = [sorted(folder.iterdir()) for folder in folders]
    ended = install("--dry-run", *arguments)
    assert ended.returncode == 0, ended.stderr
    assert "/opt/pushglance" in ended.stdout
    assert ended.stdout.endswith("this was a dry run: nothing was changed\n")
    assert [sorted(folder.iterdir()) for folder in folders] == before


OPEN_TO_NETWORK = r"""
set -eu
fail() { echo "failed: $*"; exit 1; }
log() { :; }
install_file() { install -D -m "${3:-0644}" /dev/stdin "$1" <<<"$2"; }
is_booted() { false; }
settings="$1" units="$1" dry="" lan=yes
source "$2"
open_to_network "$1"
"""


@pytest.mark.parametrize(("answer", "is_open"), [("echo 'scrypt$a$b'", True), ("exit 1", False)])
def test_page_is_opened_only_with_a_password(tmp_path, answer, is_open):
    """--lan asks for the password, keeps only its hash, for root alone, and lets the page listen; else nothing."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin/pushglance"
    command.write_text(f"#!/bin/sh\n[ \"$*\" = 'web --make-password' ] || exit 9\n{answer}\n")
    command.chmod(0o755)
    service = ROOT / "scripts/installation/service"
    ended = subprocess.run(["bash", "-c", OPEN_TO_NETWORK, "--", tmp_path, service], capture_output=True, text=True)
    assert (ended.returncode == 0) == is_open, ended.stdout + ended.stderr
    drop_in, password = tmp_path / "pushglance-web.service.d/lan.conf", tmp_path / "credentials/web_password"
    assert drop_in.exists() == password.exists() == is_open
    if is_open:
        assert drop_in.read_text() == "[Service]\nEnvironment=PUSHGLANCE_WEB_HOST=0.0.0.0\n"
        assert (password.read_text(), password.stat().st_mode & 0o777) == ("scrypt$a$b\n", 0o600)


@pytest.mark.timeout(300)
def test_install_and_uninstall_in_a_chroot(tmp_path):
    """A second installation changes nothing; --uninstall leaves only the state and the settings, owned by root."""
    for name in ("upper", "work", "root"):
        (tmp_path / name).mkdir()
    probe = ["unshare", "--mount", "bash", "-c", IN_A_CHROOT, "--", tmp_path, "true", ""]
    probed = subprocess.run(probe, capture_output=True, text=True)
    if probed.returncode:
        pytest.skip(f"no overlay can be mounted here: {probed.stderr.strip()}")
    command = ["unshare", "--mount", "bash", "-c", IN_A_CHROOT, "--", tmp_path, INSTALL_TWICE, ROOT]
    ended = subprocess.run(command, capture_output=True, text=True)
    output = ended.stdout
    assert ended.returncode == 0, output + ended.stderr
    assert "enabled; it starts with the system" in output
    assert re.search(r"^pushglance \d", output, re.MULTILINE)
    assert re.findall("^offered (.*)", output, re.MULTILINE) == ["pushglance"], "a python there would find no packages"
    assert "manual NAME" in output, "man finds the page there"
    assert "manual EXIT STATUS" in output
    assert "gpiod True" in output
    assert "root 700" in output
    assert "/etc/systemd/system/pushglance.service" in output
    left = [line for line in output.splitlines() if line.startswith("left ")]
    assert sorted(left) == [
        "left /var/lib/pushglance root",
        "left /var/lib/pushglance/pushglance.db root",
        "left /var/lib/pushglance/pushglance.toml root",
    ]


def test_every_key_of_the_unit_is_encrypted():
    """The script encrypts each key that the unit passes to the agent."""
    unit = (ROOT / "config/pushglance.service").read_text()
    encrypted = re.search(r"for name in (.+); do", USER_AND_SETTINGS.read_text()).group(1).split()
    assert encrypted == re.findall(r"^LoadCredential=(\w+):", unit, re.MULTILINE)


def test_the_first_settings_file_sets_nothing():
    """The settings file of a first installation is valid TOML in which each line is a comment or blank."""
    script = USER_AND_SETTINGS.read_text()
    pattern = re.search(r"sed '(s/[^']+)' \"\$tree/config/pushglance.example.toml\"", script).group(1)
    example = ROOT / "config/pushglance.example.toml"
    text = subprocess.run(["sed", pattern, example], capture_output=True, text=True, check=True).stdout
    assert tomllib.loads(text) == {}
