"""A copy of the package with some more files and rows, and a program that runs with the copy."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def copy_package(root, files, rows):
    """Copy the package to `root`/agent and return that folder.

    `files` are {path in the package: text}; `rows` are {path: [(text that is there once, text to put before it)]}.
    """
    folder = root / "agent"
    shutil.copytree(ROOT / "agent" / "pushglance", folder / "pushglance", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "boards").symlink_to(ROOT / "boards")
    for name, text in files.items():
        (folder / "pushglance" / name).write_text(text.lstrip(), encoding="utf-8")
    for name, insertions in rows.items():
        table = folder / "pushglance" / name
        text = table.read_text(encoding="utf-8")
        for anchor, row in insertions:
            assert text.count(anchor) == 1, (name, anchor)
            text = text.replace(anchor, row + anchor)
        table.write_text(text, encoding="utf-8")
    return folder


def run_copy(folder, program, *arguments):
    """Run a program with the copy, and return the JSON that it prints."""
    environment = {"PYTHONPATH": str(folder)}
    environment |= {"PUSHGLANCE_PUSHOVER__TOKEN": "a" * 30, "PUSHGLANCE_PUSHOVER__USER": "b" * 30}
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
