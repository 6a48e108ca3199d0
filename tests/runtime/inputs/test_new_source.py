"""A new source is one new file and one row in the settings' half and in the daemon's half; no other place knows it.

The test adds a source that reads a counter from memory to a copy of the package and uses the copy in a new process.
"""

import pytest

from support.package_copy import copy_package, run_copy

SETTINGS_HALF = '''
"""Counters in memory."""

from pydantic import Field

from pushglance.settings.tables.table import Table

from .source import SensorSource, keys_of


class MemoryKeys(Table):
    """Keys of a counter in memory."""

    memory: int | None = Field(default=None, description="The count.")
    step: int = Field(default=1, description="The increase at each resync.")


class MemorySource(SensorSource):
    """Counters in memory."""

    key = "memory"
    plan_source = "memory"
    place = "memory"
    places = "counters in memory"
    example = "memory = 5"
    default_share = 60
    is_local = True

    def keys(self, kind):
        """Return the keys of a counter."""
        return MemoryKeys if kind == "counter" else None

    def plan_keys(self, name, sensor, node_prefix):
        """Return the count and the step."""
        keys = keys_of(sensor, MemoryKeys)
        return {"memory": keys.memory, "step": keys.step}

    def title(self, sensor):
        """Return the count."""
        return f"memory {sensor.memory}"
'''

DAEMON_HALF = '''
"""Counters in memory."""

from pushglance.core.events import PulsesSeen
from pushglance.runtime.plan_shapes import is_amount, shape

from .source import InputSource


class MemoryInput:
    """Put the count at start, and a larger one at each resync."""

    def __init__(self, sensor, context):
        self._sensor = sensor
        self._context = context
        self._pulses = sensor["memory"]

    def start(self):
        """Put the count."""
        self._context.queue.put(PulsesSeen(self._context.now_ms(), self._sensor["name"], self._pulses))

    def resync(self):
        """Count on."""
        self._pulses += self._sensor["step"]
        self.start()

    def stop(self):
        """Do nothing."""


class MemoryInputs(InputSource):
    """Counters in memory."""

    noun = "count"

    def shape(self, kind):
        """Return the keys of a counter."""
        return shape(memory=is_amount, step=is_amount) if kind == "counter" else None

    def build(self, sensors, context):
        """Add an input for each counter."""
        context.inputs += [MemoryInput(sensor, context) for sensor in sensors]
'''

FILES = {"settings/tables/sensors/sources/memory.py": SETTINGS_HALF, "runtime/inputs/memory.py": DAEMON_HALF}
ROWS = {
    "settings/tables/sensors/sources/__init__.py": [
        ("from .mqtt import", "from .memory import MemorySource\n"),
        ("    NodeSource(),\n", "    MemorySource(),\n"),
    ],
    "runtime/inputs/sources.py": [
        ("from .mqtt.source import", "from .memory import MemoryInputs\n"),
        ('    "mqtt": MqttInputs(),\n', '    "memory": MemoryInputs(),\n'),
    ],
}

PROGRAM = """
import json, sys
from pathlib import Path
from pushglance.core.decider import Decider
from pushglance.errors import PushglanceError
from pushglance.plan import compile_plan
from pushglance.plan.overview import overview
from pushglance.runtime.event_queue import BoundedEventQueue
from pushglance.runtime.inputs.build import build_inputs
from pushglance.runtime.plan_validation import check_plan
from pushglance.settings import load_settings
from pushglance.settings.schema import schema_text

path = Path(sys.argv[1])

def load(text):
    path.write_text(text + sys.argv[2])
    return load_settings(path)

def issues(text):
    try:
        load(text)
    except PushglanceError as error:
        return str(error).splitlines()

settings = load("[sensors.visits]\\nkind = 'counter'\\nmemory = 5\\nstep = 2\\n")
plan = check_plan(json.loads(json.dumps(compile_plan(settings))))
queue = BoundedEventQueue()
[memory] = build_inputs(plan, queue, lambda: 1000)
memory.start()
[started] = queue.pop_all(0)
memory.resync()
[resynced] = queue.pop_all(0)
memory.stop()
decider = Decider(plan, {}, 1000)
for event in (started, resynced):
    decider.handle(event)
bad = {**plan, "sensors": [{**plan["sensors"][0], "step": "x"}]}
try:
    check_plan(bad)
except PushglanceError as error:
    refused = str(error)
print(json.dumps({
    "plan": plan["sensors"][0],
    "events": [started.as_list(), resynced.as_list()],
    "total": decider.sensors["visits"].text("total"),
    "overview": [line for line in overview(settings) if line.startswith("  visits")],
    "schema": json.loads(schema_text())["$defs"]["Counter"]["properties"]["memory"]["description"],
    "refused": refused,
    "two": issues("[sensors.visits]\\nkind = 'counter'\\nmemory = 5\\ngpio = 4\\n"),
    "none": issues("[sensors.visits]\\nkind = 'counter'\\n"),
    "wrong kind": issues("[sensors.visits]\\nkind = 'gauge'\\nmemory = 5\\n"),
    "wrong key": issues("[sensors.visits]\\nkind = 'counter'\\ngpio = 5\\nstep = 2\\n"),
    "board": [line for line in issues("[board]\\nkind = 'pico_w'\\nssid = 'a'\\nroot_certificate = ''\\n"
        "[sensors.visits]\\nkind = 'counter'\\nmemory = 5\\n") if "visits" in line],
}))
"""
GLANCE = "[glance]\ncount = '{visits}'\n"


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """Return what a copy of the package with the new source makes of settings that use it."""
    root = tmp_path_factory.mktemp("copy")
    copy = copy_package(root, FILES, ROWS)
    return run_copy(copy, PROGRAM, root / "settings.toml", GLANCE)


def test_settings_become_events(result):
    """The text of a settings file becomes a valid Plan, an input, events in the queue, and a reading of the core."""
    plan = result["plan"]
    assert [plan[key] for key in ("source", "memory", "step", "share", "retained")] == ["memory", 5, 2, 60, "baseline"]
    assert result["events"] == [["PulsesSeen", 1000, "visits", 5], ["PulsesSeen", 1000, "visits", 7]]
    assert result["total"] == "7"


def test_plan_is_validated(result):
    """A Plan with a wrong value of the new source is refused."""
    assert "sensors[0] has no valid step" in result["refused"]


def test_source_is_described(result):
    """`pushglance check` and the JSON schema describe the new source."""
    [line] = result["overview"]
    assert line.split("  ")[1:4] == ["visits", "counter", "memory 5"]
    assert result["schema"] == "The count."


@pytest.mark.parametrize(
    ("mistake", "issue"),
    [
        ("two", "sensors.visits: gpio and memory are both given; keep the one that the sensor is wired to"),
        (
            "none",
            (
                "sensors.visits: this counter has no source; "
                'write gpio = 17, mqtt = "TOPIC", file = "/PATH", memory = 5 or node = "NODE"'
            ),
        ),
        (
            "wrong kind",
            "sensors.visits.memory: a gauge cannot be read from memory; remove memory and name another source",
        ),
        (
            "wrong key",
            "sensors.visits.step: only for counters in memory, and this sensor is read from a pin; remove it",
        ),
        ("board", "sensors.visits.memory: this Raspberry Pi Pico W cannot read counters in memory; remove the sensor"),
    ],
)
def test_errors_name_the_new_source(result, mistake, issue):
    """Each error about sources knows the new one."""
    assert any(line.startswith(issue) for line in result[mistake])
