"""Benchmark of the status page: response times on the first day and after a year, and the delay of a change."""

import argparse
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pushglance.sandbox import Sandbox
from support.agent.agent_directories import AgentDirectories, write_year
from support.agent.agent_process import AgentProcess

_PATHS = ("/", "/weeks?last=52", "/pushes?before=5000")
_FILES = ("/style.css", "/page.js", "/icon.svg")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--rounds", type=int, default=15, help="number of measurements (default 15)")


def run(arguments: argparse.Namespace) -> None:
    """Measure and print the results."""
    with tempfile.TemporaryDirectory() as name:
        _measure_after_a_year(Path(name), arguments.rounds)
    with tempfile.TemporaryDirectory() as name, Sandbox() as sandbox:
        agent = AgentProcess(Path(name), sandbox)
        try:
            _measure_delay(agent.start(), arguments.rounds)
        finally:
            agent.close()


def _measure_after_a_year(folder: Path, rounds: int) -> None:
    directories = AgentDirectories(folder)
    directories.write_status()
    directories.open_store().close()
    with _page(directories.state, directories.run) as (connection, _):
        first = {path: _median_ms(connection, path, rounds) for path in _PATHS}
        write_year(directories)
        after = {path: _median_ms(connection, path, rounds) for path in _PATHS}
        weight = sum(len(_get(connection, path)) for path in ("/", *_FILES))
        for path in _PATHS:
            kilobytes = len(_get(connection, path)) / 1000
            ratio = after[path] / first[path]
            print(f"{path:<22} {after[path]:6.1f} ms after a year, {ratio:.1f} times the first day, {kilobytes:.0f} kB")
        print(f"the page with style and script: {weight / 1000:.0f} kB")


def _measure_delay(agent: AgentProcess, rounds: int) -> None:
    agent.move_door(0)
    agent.simulate('topic garden/tank {"level": 62}')
    agent.wait_for_screen(text="Garage closed")
    state, runtime = (Path(agent.environment[name]) for name in ("STATE_DIRECTORY", "RUNTIME_DIRECTORY"))
    with _page(state, runtime) as (connection, process):
        connection.request("GET", "/events")
        stream = connection.getresponse()
        waits = []
        for number in range(rounds):
            time.sleep(0.7)  # the status file is written at most once a second; do not measure that pause
            begin_s = time.monotonic()
            agent.move_door(1 - number % 2)
            word = "closed" if number % 2 else "open"
            while f"Garage {word}" not in json.loads(_next_event(stream)).get("sensors", ""):
                pass
            waits.append((time.monotonic() - begin_s) * 1000)
        print(f"a change is on the page after {statistics.median(waits):.0f} ms, at most {max(waits):.0f} ms")
        assert agent.process is not None
        memory = {"agent": _memory_kb(agent.process.pid), "page": _memory_kb(process.pid)}
        for name, kilobytes in memory.items():
            print(f"the {name} uses {kilobytes / 1024:.1f} MiB, {kilobytes / memory['agent']:.2f} times the agent's")


def _next_event(stream: http.client.HTTPResponse) -> bytes:
    for line in stream:
        if line.startswith(b"data: "):
            return line[6:]
    raise ConnectionError("the stream ended")


@contextmanager
def _page(state: Path, runtime: Path) -> Iterator[tuple[http.client.HTTPConnection, subprocess.Popen[str]]]:
    environment = os.environ | {"STATE_DIRECTORY": str(state), "RUNTIME_DIRECTORY": str(runtime)}
    command = [sys.executable, "-m", "pushglance", "web", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = re.search(r"127\.0\.0\.1:\d+", process.stdout.readline())
        assert address is not None
        connection = http.client.HTTPConnection(address.group())
        try:
            yield connection, process
        finally:
            connection.close()
            process.terminate()


def _get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    return connection.getresponse().read()


def _median_ms(connection: http.client.HTTPConnection, path: str, rounds: int) -> float:
    waits = []
    for _ in range(rounds):
        begin_s = time.perf_counter()
        _get(connection, path)
        waits.append((time.perf_counter() - begin_s) * 1000)
    return statistics.median(waits)


def _memory_kb(process_id: int) -> int:
    """Return the resident memory of a process in KiB."""
    match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process_id}/status").read_text())
    assert match is not None
    return int(match.group(1))
