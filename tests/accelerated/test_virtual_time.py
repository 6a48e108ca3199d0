"""The virtual time itself: what a process sees of it, and that it shares nothing with the product."""

import ast
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.accelerated import virtual_time
from support.accelerated.virtual_time import DAY, HOUR, SECOND, VirtualTime

PROGRAM = """
import json, os, pathlib, select, threading, time
begin = time.monotonic(), time.time()
lock = threading.Lock(); lock.acquire()
waits = []
for wait in (lambda: time.sleep(3600), lambda: lock.acquire(timeout=3600), lambda: select.select([], [], [], 3600),
             lambda: select.poll().poll(3_600_000), lambda: threading.Event().wait(3600)):
    before = time.monotonic()
    wait()
    waits.append(time.monotonic() - before)
boot_id = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
print(json.dumps({"begin": begin, "waits": waits, "boot_id": boot_id}))
"""


@pytest.fixture
def virtual(tmp_path):
    """Return a virtual time with its library."""
    virtual = VirtualTime(tmp_path)
    virtual.build()
    yield virtual
    virtual.close()


def run(virtual, until_ns):
    """Run the program in virtual time and return what it prints."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env=virtual.environment(),
        stdout=subprocess.PIPE,
        pass_fds=[virtual.alarm],
    )
    virtual.allow(process.pid, until_ns)
    return json.loads(process.communicate(timeout=60)[0])


def test_waits_take_their_virtual_time_only(virtual):
    """Five waits of an hour each take an hour by the process's clock, and together less than half a minute."""
    began_s = time.monotonic()
    seen = run(virtual, DAY)
    assert time.monotonic() - began_s < 30
    assert all(3600 <= wait_s < 3610 for wait_s in seen["waits"]), seen
    assert 5 * HOUR < virtual.now_ns() < 5 * HOUR + 60 * SECOND


def test_clocks_and_the_boot_id_are_those_of_the_test(virtual):
    """A second boot has a monotonic clock that begins again, a wall clock as wrong as the test says, and another id."""
    virtual.skip_to(3 * DAY)
    virtual.boot()
    virtual.set_wall(-DAY, is_synchronised=False)
    seen = run(virtual, 10 * DAY)
    assert 15 <= seen["begin"][0] < 45
    assert 1_800_000_000 + 2 * 86_400 <= seen["begin"][1] < 1_800_000_000 + 2 * 86_400 + 30
    assert seen["boot_id"].endswith("2")


def test_nothing_here_imports_the_product():
    """Server, laws and story import only the standard library and each other: `scripts/simulate` installs no pytest."""
    for path in Path(virtual_time.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            for name in names:
                assert name.partition(".")[0] in sys.stdlib_module_names, f"{path.name}: {name}"
