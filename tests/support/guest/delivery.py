"""A disk with what the guest installs: the wheel of this tree, the wheels of its dependencies, and scripts/install.

The guest reaches no package registry: on the host pip's own configuration decides where wheels come from; in the guest
pip finds them on this disk. The wheels of dependencies stay in the user's cache until pyproject.toml changes.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from .image import CannotBuild

ROOT = Path(__file__).parents[3]
MOUNTED = "/mnt/delivery"
_PYTHON = "3.11"  # Debian 12's
_GLIBCS = ("2_36", "2_35", "2_34", "2_31", "2_28", "2_27", "2_17", "2_12", "2_5")


def make_delivery(folder, alterations):
    """Return the path of the disk; `alterations` is {name: (file, old text, new text)}: a changed wheel for each."""
    content = folder / "delivery"
    content.mkdir()
    for name in ("scripts", "config"):
        shutil.copytree(ROOT / name, content / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(_dependencies(), content / "wheels")
    _pip("wheel", "--no-deps", "--wheel-dir", str(content / "new"), str(ROOT))
    (wheel,) = (content / "new").iterdir()
    for name, change in alterations.items():
        _alter(wheel, content / name, *change)
    disk = folder / "delivery.ext4"
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", content, disk, "160M"], check=True)
    return disk


def _alter(wheel, folder, file, old, new):
    """Write a copy of the wheel with the first occurrence of a text replaced, as another version for upgrades."""
    folder.mkdir()
    with zipfile.ZipFile(wheel) as original, zipfile.ZipFile(folder / wheel.name, "w") as altered:
        for name in original.namelist():
            text = original.read(name)
            if name == file:
                assert old.encode() in text, f"{file} does not contain {old!r}"
                text = text.replace(old.encode(), new.encode(), 1)
            altered.writestr(original.getinfo(name), text)


def _dependencies():
    """Return the folder with the wheels of all dependencies, for the guest's Python."""
    project = (ROOT / "pyproject.toml").read_bytes()
    key = hashlib.sha256(project + Path(__file__).read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pushglance/system"
    wheels = cache / f"wheels-{key}"
    if not wheels.exists():
        for older in cache.glob("wheels-*"):
            shutil.rmtree(older)
        new = cache / "wheels-new"
        platforms = [f"--platform=manylinux_{glibc}_x86_64" for glibc in _GLIBCS] + ["--platform=manylinux2014_x86_64"]
        target = ["--only-binary=:all:", f"--python-version={_PYTHON}", "--implementation=cp", *platforms]
        _pip("wheel", "--no-deps", "--wheel-dir", str(new), str(ROOT))
        (own,) = new.glob("pushglance-*.whl")
        _pip("download", "--dest", str(new), *target, f"{own}[gpio,web]")
        own.unlink()
        new.rename(wheels)
    return wheels


def _pip(*arguments):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode:
        raise CannotBuild(f"pip {arguments[0]} ended with {ended.returncode}: {ended.stderr.strip()[-600:]}")
