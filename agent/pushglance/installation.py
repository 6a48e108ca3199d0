"""How this pushglance was installed, and what to type here to add what an extra needs.

pip finds no package of the name pushglance, so the hints name what each way of installing can do.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

_DEBIAN_PACKAGES = {  # of each extra; what Debian does not have is left out
    "gpio": ("python3-libgpiod",),
    "gpiozero": ("python3-gpiozero",),
    "cluster": ("python3-redis",),
    "web": (
        *("python3-itsdangerous", "python3-jinja2", "python3-prometheus-client"),
        *("python3-starlette", "python3-uvicorn"),
    ),
    "boards": ("micropython-mpremote",),
    "replay": ("python3-matplotlib", "python3-numpy"),
}
_REQUIREMENTS = {"gpio": ("gpiod>=2.2,<3",), "gpiozero": ("gpiozero>=2.0.1",)}  # others are the extra's
_LIBGPIOD_MIN = "2"  # Debian 12 has version 1, whose Python module has another interface
_TIMEOUT_S = 10
_64_BIT = 1 << 32
_WITHOUT_WHEELS = ("gpio", "replay")  # on 32-bit systems, except from piwheels
_UNIT_FOLDERS = tuple(map(Path, ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")))
_PIP_SETTINGS = Path("/etc/pip.conf")


def installation_kind() -> str:
    """Return "package" (Debian's), "script" (scripts/install), "pipx", "tree" (editable) or "environment"."""
    file, prefix = Path(__file__).resolve(), Path(sys.prefix).resolve()
    if file.is_relative_to("/usr/lib/python3"):
        return "package"
    if prefix.is_relative_to("/opt/pushglance"):
        return "script"
    if "pipx" in prefix.parts:
        return "pipx"
    return "tree" if (file.parents[2] / "pyproject.toml").exists() else "environment"


def has_service() -> bool:
    """Return whether systemd has a unit of the agent."""
    return any((folder / "pushglance.service").exists() for folder in _UNIT_FOLDERS)


def how_to_start() -> str:
    """Return the command that starts the agent here: its service, or without one the agent itself."""
    return "sudo systemctl start pushglance" if has_service() else f"{program()} run"


def program() -> str:
    """Return how to call pushglance here: by its name, or by its path if the shell does not find it."""
    if shutil.which("pushglance") is not None:
        return "pushglance"
    path = Path(sys.prefix, "bin/pushglance")
    return shlex.quote(str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path))


def how_to_add(extra: str) -> str:
    """Return the command that installs what `extra` needs, as "type  COMMAND", or why there is none."""
    kind = installation_kind()
    packages = [name for name in _DEBIAN_PACKAGES[extra] if debian_candidate(name)]
    is_without_wheels = extra in _WITHOUT_WHEELS and is_without_piwheels()
    if packages and (kind == "package" or (is_without_wheels and sees_system_packages())):
        return f"type  sudo apt install {' '.join(packages)}"
    if is_without_wheels:
        return (
            f"PyPI has no wheels for this 32-bit system, and {' and '.join(_DEBIAN_PACKAGES[extra])} cannot be used "
            "here: use a 64-bit system, Raspberry Pi OS, or Debian 13 with the package pushglance"
        )
    if kind == "package":
        return f"this system has no package {' or '.join(_DEBIAN_PACKAGES[extra])}: type  sudo apt update"
    if kind == "script":
        option = "" if extra in _REQUIREMENTS else f" --with {extra}"
        return f"type  sudo scripts/install{option}  in the tree that it was installed from"
    needed = " ".join(map(shlex.quote, _requirements(extra)))
    if kind == "pipx":
        return f"type  pipx inject pushglance {needed}"
    return f"type  {shlex.quote(sys.executable)} -m pip install {needed}"


def debian_candidate(package: str) -> str:
    """Return the version of a Debian package that apt would install here, "" if there is none."""
    if shutil.which("apt-cache") is None:
        return ""
    try:
        output = subprocess.run(  # noqa: S603 - names of this file
            ["apt-cache", "policy", package],  # noqa: S607 - Debian's, in the PATH
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"^  Candidate: (\S+)$", output, re.MULTILINE)
    version = found[1] if found and found[1] != "(none)" else ""
    return "" if package == "python3-libgpiod" and version.partition(".")[0] < _LIBGPIOD_MIN else version


def is_without_piwheels() -> bool:
    """Return whether pip finds no wheels of compiled packages: on a 32-bit system, unless piwheels has them."""
    if sys.maxsize >= _64_BIT:
        return False
    try:
        return "piwheels" not in _PIP_SETTINGS.read_text(errors="replace")
    except OSError:
        return True


def sees_system_packages() -> bool:
    """Return whether Python's packages of Debian can be imported here."""
    try:
        return "include-system-site-packages = true" in (Path(sys.prefix) / "pyvenv.cfg").read_text()
    except OSError:
        return sys.prefix == "/usr"


def _requirements(extra: str) -> Sequence[str]:
    """Return what pip must install for an extra, by the metadata of this installation."""
    if extra in _REQUIREMENTS:
        return _REQUIREMENTS[extra]
    try:
        lines = requires("pushglance") or []
    except PackageNotFoundError:
        lines = []
    wanted = re.compile(rf"extra == ['\"]{extra}['\"]")
    return [line.partition(";")[0].strip() for line in lines if wanted.search(line)]
