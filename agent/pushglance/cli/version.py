"""The output of `--version`: what a bug report needs, without names of computers or users."""

import os
import platform
import sqlite3
import ssl
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pushglance import __version__

_PACKAGES = (
    "click",
    "gpiod",
    "gpiozero",
    "jinja2",
    "lgpio",
    "paho-mqtt",
    "prometheus-client",
    "pydantic",
    "pydantic-settings",
    "starlette",
    "tenacity",
    "tomlkit",
    "uvicorn",
)
_MODEL = Path("/proc/device-tree/model")


def version_text() -> str:
    """Return lines with the versions of pushglance and its libraries, and the machine."""
    chips = len(list(Path("/dev").glob("gpiochip*")))
    libraries = f"{ssl.OPENSSL_VERSION}, SQLite {sqlite3.sqlite_version}"
    machine = f"{platform.machine()}, {os.cpu_count()} cores, GPIO chips: {chips}"
    return "\n".join(
        [
            f"pushglance {__version__}",
            f"Python {platform.python_version()} ({sys.implementation.name}), {libraries}",
            f"{_system()}, Linux {platform.release()}, {machine}",
            ", ".join(f"{name} {installed}" for name in _PACKAGES if (installed := _version_of(name))),
        ]
    )


def _system() -> str:
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        name = "Linux"
    try:
        return f"{_MODEL.read_text().strip(chr(0))} with {name}"
    except OSError:
        return name


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
