"""A Debian in a folder, made by mmdebstrap: `scripts/lib/debian_root` with the means that tests need."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

_SCRIPT = Path(__file__).parents[2] / "scripts/lib/debian_root"
_PACKAGES = ("systemd", "python3-minimal", "udev")  # as on a Raspberry Pi OS Lite, without what the package brings
_COMMAND_S = 3600  # an emulated processor takes half an hour for an installation on a busy machine
_UNPACKED = ("etc", "usr", "var/lib", "opt", "root", "run")
_DEBIANS_OWN = ("var/lib/dpkg/", "var/lib/apt/", "var/lib/systemd/deb-systemd-helper-", "usr/share/man/")


def make_root(release, architecture):
    """Return the folder of a fresh Debian, made once and kept in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pushglance"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"{release}-{architecture}"
    complete = folder.with_suffix(".complete")
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            subprocess.run([_SCRIPT, "make", folder, release, architecture, *_PACKAGES], check=True)
            if (
                architecture
                not in subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True).stdout
            ):
                _skip_byte_code(folder)
            complete.touch()
    return folder


def _skip_byte_code(folder):
    """Let packages be installed without compiling their modules, which takes an emulated processor an hour."""
    (folder / "usr/bin/py3compile").write_text("#!/bin/sh\n")
    for module in folder.glob("usr/lib/python3.*/py_compile.py"):  # what the packages of Python itself call
        module.write_text("")


class DebianRoot:
    """One Debian, which a test may change. It shares the network of this machine, so loopback is the same."""

    def __init__(self, folder):
        self.path = Path(folder)

    def run(self, *command, may_fail=False):
        """Run a command as root and return its output, stdout and stderr together."""
        finished = subprocess.run(
            [_SCRIPT, "run", self.path, *command], capture_output=True, text=True, timeout=_COMMAND_S, check=False
        )
        output = finished.stdout + finished.stderr
        assert finished.returncode == 0 or may_fail, f"{' '.join(command)}: {output[-2000:]}"
        return output

    def apt(self, *arguments):
        """Run apt-get; return its output."""
        return self.run("apt-get", "-q", "-y", "--no-install-recommends", *arguments)

    def start(self, *command, user, environment):
        """Start a command as a user of this Debian, with only this environment; return its process."""
        variables = [f"{name}={value}" for name, value in environment.items()]
        account = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]
        return subprocess.Popen(
            [_SCRIPT, "run", self.path, "env", *variables, *account, *command], stdout=sys.stderr, stderr=sys.stderr
        )

    def files(self):
        """Return the paths of all files and folders that a package could leave, without Debian's own notes."""
        names = set()
        for top in _UNPACKED:
            for folder, folders, files in os.walk(self.path / top):
                names |= {str(Path(folder, name).relative_to(self.path)) for name in [*folders, *files]}
        return {name for name in names if not name.startswith(_DEBIANS_OWN) and "__pycache__" not in name}
