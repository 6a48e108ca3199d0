"""Run a process with a library that changes its calls of the kernel. Needs a C compiler."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def run_preloaded(name, command, folder, **environment):
    """Run a command with the library `name`, which is built in `folder`; return the finished process."""
    compiler = shutil.which("cc")
    if compiler is None:
        message = "no C compiler was found: type `sudo apt install gcc`"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    library = folder / f"{name}.so"
    source = Path(__file__).with_name(f"{name}.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True, timeout=60)
    environment = os.environ | {"LD_PRELOAD": str(library)} | environment
    return subprocess.run(command, env=environment, timeout=60, check=False, capture_output=True, text=True)


def run_and_cut_power(command, folder):
    """Run a command; return (its exit code, a folder with what it had synced, as a power cut leaves it)."""
    durable = folder / "durable"
    durable.mkdir()
    return run_preloaded("lossy_disk", command, folder, DURABLE=str(durable)).returncode, durable
