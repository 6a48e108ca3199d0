"""Run a process on a disk that loses in a power cut what was not synced. Needs a C compiler."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_SOURCE = Path(__file__).with_name("lossy_disk.c")


def run_and_cut_power(command, folder):
    """Run a command; return (its exit code, a folder with what it had synced, as a power cut leaves it)."""
    compiler = shutil.which("cc")
    if compiler is None:
        message = "no C compiler was found: type `sudo apt install gcc`"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    library, durable = folder / "lossy_disk.so", folder / "durable"
    durable.mkdir()
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, _SOURCE], check=True, timeout=60)
    environment = os.environ | {"LD_PRELOAD": str(library), "DURABLE": str(durable)}
    return subprocess.run(command, env=environment, timeout=60, check=False).returncode, durable
