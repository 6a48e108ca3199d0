"""A new kind is one new file and one row in each half: settings, core and validation; no other place knows it.

The test adds a kind to a copy of the package, a stage of a process from 0 to a last one, and uses it in a new process.
"""

import pytest

from support.package_copy import copy_package, run_copy

SETTINGS_HALF = '''
"""A stage of a process, e.g. of a washing machine."""

from typing import Literal

from pydantic import Field

from pushglance.settings.tables.sensors.sensor import SensorKeys


class StageKeys(SensorKeys):
    """A stage of a process."""

    kind: Literal["stage"] = Field(description="stage: a whole number from 0 to a last one.")
    last: int = Field(default=9, description="The last stage.")

    def plan_keys(self, default_settle_ms):
        """Return the last stage."""
        return {"last": self.last, "stale_ms": 0}

    def overview(self, default_settle_ms):
        """Yield the last stage."""
        yield f"up to {self.last}"

    def attribute_lengths(self):
        """Return the number and the last one."""
        return {"": 2, "of": 2}

    def unfit_reason(self, field):
        """Return "" for count."""
        return "" if field == "count" else "kind"

    def home_assistant(self):
        """Return a sensor."""
        return {"p": "sensor", "x": self.last}
'''

CORE_HALF = '''
"""A stage of a process."""

from .gauge import LastValue


class Stage(LastValue):
    """A whole number from 0 to a last one."""

    def __init__(self, plan):
        super().__init__(plan)
        self._last = plan["last"]

    def _read(self, text):
        return int(text) if text.isdecimal() and int(text) <= self._last else None

    def text(self, attribute):
        """Return the number, or the last one."""
        return str(self._last) if attribute == "of" else super().text(attribute)
'''

FILES = {"settings/tables/sensors/kinds/stage.py": SETTINGS_HALF, "core/sensors/stage.py": CORE_HALF}
ROWS = {
    "settings/tables/sensors/kinds/__init__.py": [
        ("from .text import", "from .stage import StageKeys\n"),
        ("TextKeys)\n", "StageKeys, "),
    ],
    "core/sensors/build.py": [
        ("_KINDS = {", "def _stage(plan, _wall):\n    from .stage import Stage\n\n    return Stage(plan)\n\n\n"),
        ('    "text": _text,\n', '    "stage": _stage,\n'),
    ],
    "runtime/plan_validation.py": [
        ('    "text": shape(', '    "stage": shape(last=is_amount, stale_ms=is_amount),\n'),
    ],
}

PROGRAM = """
import json, sys
from pathlib import Path
from pushglance.core.decider import Decider
from pushglance.core.events import TimePassed
from pushglance.errors import PushglanceError
from pushglance.plan import compile_plan
from pushglance.plan.overview import overview
from pushglance.runtime.event_queue import BoundedEventQueue
from pushglance.runtime.inputs.mqtt.topics.topic_router import TopicRouter
from pushglance.runtime.plan_validation import check_plan
from pushglance.settings import load_settings

path = Path(sys.argv[1])
path.write_text('''
[mqtt]
host = "localhost"
[node]
[sensors.washer]
kind = "stage"
last = 5
mqtt = "washer/stage"
[sensors.dryer]
kind = "stage"
node = "cellar"
[glance]
text = "{washer} of {washer.of}, {dryer}"
count = "{washer}"
''')
settings = load_settings(path)
plan = check_plan(json.loads(json.dumps(compile_plan(settings))))
queue = BoundedEventQueue()
decider = Decider(plan, {}, 0)
router = TopicRouter(plan["sensors"], queue, lambda: 1000)
for topic, payload in (("washer/stage", b"3"), ("washer/stage", b"word"), ("pushglance/cellar/sensor/dryer", b"1")):
    router.deliver(topic, payload, is_retained=False)
    for event in queue.pop_all(0):
        decider.handle(event)
commands = []
while not any(type(command).__name__ == "PushGlance" for command in commands):
    commands = decider.handle(TimePassed(decider.deadline_ms()))
refused = ""
try:
    check_plan({**plan, "sensors": [{**plan["sensors"][0], "last": "x"}, plan["sensors"][1]]})
except PushglanceError as error:
    refused = str(error)
path.write_text("[sensors.a]\\nkind = 'stange'\\n")
try:
    load_settings(path)
except PushglanceError as error:
    unknown = str(error)
print(json.dumps({
    "plan": plan["sensors"],
    "pushed": [command.as_list() for command in commands if type(command).__name__ == "PushGlance"],
    "unreadable": decider.sensors["washer"].unreadable,
    "overview": [line.split("  ")[-1] for line in overview(settings) if line.startswith("  washer")],
    "discovery": json.loads(plan["node"]["announcement"])["cmps"]["sensor_washer"],
    "refused": refused,
    "unknown": unknown,
}))
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """Return what a copy of the package with the new kind makes of settings that use it."""
    root = tmp_path_factory.mktemp("copy")
    return run_copy(copy_package(root, FILES, ROWS), PROGRAM, root / "settings.toml")


def test_settings_become_a_push(result):
    """Messages for a sensor of the new kind, on a topic and of a node, become readings and a push."""
    assert [(sensor["kind"], sensor["source"], sensor["last"]) for sensor in result["plan"]] == [
        ("stage", "mqtt", 5),
        ("stage", "mqtt", 9),
    ]
    assert [pushed[3] for pushed in result["pushed"]] == [{"text": "3 of 5, 1", "count": "3"}]
    assert result["unreadable"] == 1


def test_plan_is_validated(result):
    """A Plan with a wrong value of the new kind is refused."""
    assert "sensors[0] has no valid last" in result["refused"]


def test_kind_is_described(result):
    """`pushglance check`, Home Assistant's discovery and the error for an unknown kind know the new one."""
    [line] = result["overview"]
    assert line.startswith("up to 5, qos 1, weight 0.5")
    assert result["discovery"]["x"] == 5
    assert 'write kind = "stage"' in result["unknown"]
