"""The server process: signals during its start."""

import subprocess
import sys

import pytest

PROGRAM = """
import os, signal, sys
from pathlib import Path
from pushglance.web.serve import exit_on_signals, open_socket, serve

exit_on_signals()
os.kill(os.getpid(), signal.{name})
print("not interrupted", flush=True)
serve(open_socket("127.0.0.1", 0), Path(sys.argv[1]), Path(sys.argv[1]), None, None)
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_signal_during_the_start_ends_the_server_after_it(tmp_path, name):
    """A signal does not interrupt the start; the server then ends at once, with 0 and without a message."""
    command = [sys.executable, "-c", PROGRAM.format(name=name), str(tmp_path)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (process.returncode, process.stdout, process.stderr) == (0, "not interrupted\n", "")
