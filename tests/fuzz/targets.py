"""Parsers of untrusted bytes, each as a function that only lets documented errors escape.

hypothesis and atheris call them: `scripts/fuzz NAME --seconds 600` does it for longer.
"""

import json
import os
import tempfile
from email.message import Message
from pathlib import Path

from pushglance.core.decider import Decider
from pushglance.core.events import (
    DELIVERED,
    REFUSED,
    THROTTLED,
    UNKNOWN,
    UNSENT,
    ClockSet,
    DatedValueSeen,
    EdgeSeen,
    PulsesSeen,
    Stopping,
    TimePassed,
    ValueSeen,
)
from pushglance.core.push.glance import TEXT_LENGTH_MAX
from pushglance.core.sensors.decimals import parse, to_text
from pushglance.core.wire.characters import is_printable
from pushglance.core.wire.message_rules import amount_in, is_for
from pushglance.core.wire.payload import read_payload
from pushglance.core.wire.pushover_answer import classify, parse_body
from pushglance.errors import PushglanceError, SettingsError
from pushglance.plan import compile_plan, redacted
from pushglance.runtime.control.requests import read_request
from pushglance.runtime.inputs.mqtt.topics.topic_router import TopicRouter
from pushglance.runtime.process import exec_handover
from pushglance.settings import load_settings
from pushglance.settings.errors.issues import ValueProblem
from pushglance.settings.values.templates import parse_template
from support import plans

_SENSORS = (
    plans.topic_contact(),
    plans.counter("meter", source="mqtt", counts="total", resets="never", topic="a/b") | {"pointer": ""},
    plans.gauge(decimals=2),
    plans.text(),
    plans.gauge(decimals=2, payload_unit="°C", decimal_comma=1),
)
_SETTINGS = Path(tempfile.gettempdir()) / f"pushglance-fuzz-{os.getpid()}.toml"
_KEYS = '[pushover]\ntoken = "aT0kenMadeUpForTestsOfPushglan"\nuser = "uS3rKeyMadeUpForTestsOfPushgla"\n'


def settings(content):
    """Check that any settings file compiles to a Plan or raises SettingsError."""
    _SETTINGS.write_bytes(content)
    try:
        plan = compile_plan(load_settings(_SETTINGS))
    except SettingsError:
        return
    finally:
        _SETTINGS.unlink()
    json.dumps(redacted(plan))
    Decider(plan, {}, 0)


def settings_with_keys(content):
    """Check the same after keys and a sensor, so that more of the content is read."""
    settings(_KEYS.encode() + b'[sensors.a]\nkind = "gauge"\nmqtt = "t"\n' + content)


def payload(content):
    """Check that each kind of sensor reads any payload as a value of its kind or gives a reason."""
    for sensor in _SENSORS:
        text, reason = read_payload(sensor, content)
        assert (text is None) == bool(reason)
        if text is not None:
            assert sensor["kind"] != "contact" or text in ("open", "closed")
            assert sensor["kind"] != "text" or (len(text) <= sensor["length"] and "\n" not in text)
            assert sensor["kind"] != "gauge" or parse(text, 2) is not None


def pointed_payload(content):
    """Check that any JSON pointer into any payload raises nothing."""
    pointer, _, rest = content.partition(b"\0")
    for sensor in _SENSORS:
        read_payload(sensor | {"pointer": "/" + pointer.decode("utf-8", "replace")}, rest)


def topic(content):
    """Check that any topic and payload give events that the core accepts."""
    name, _, rest = content.partition(b"\0")
    queue = _Queue()
    sensors = [plans.topic_contact(topic="+/door"), plans.text(topic="#"), plans.gauge(topic="a/+/c", pointer="/v")]
    router = TopicRouter(sensors, queue, lambda: 5)
    router.deliver(name.decode("utf-8", "replace"), rest, is_retained=bool(rest[:1] < b"a"))
    decider = Decider(plans.plan(sensors, [plans.watch(text=[["note", ""]])]), {}, 0)
    for event in queue.events:
        decider.handle(event)
    decider.handle(TimePassed(10_000))


def value(content):
    """Check that any sequence of values through any transform leaves numbers that can be shown and restored."""
    head, _, rest = content.partition(b"\0")
    knobs = [byte - 128 for byte in head[:6].ljust(6, b"\x90")]
    linear = [knobs[0] * 1000 + knobs[1], knobs[2], abs(knobs[3]) + 1]
    rules = {"linear": linear, "valid": {"min": -(10**9), "max_step": abs(knobs[4]) + 1}, "decimals": abs(knobs[5]) % 7}
    rate = {"per_ms": 60_000, "over_ms": 300_000, "factor": 1, "divisor": 10, "decimals": 1}
    sensors = [
        plans.gauge(**rules),
        plans.counter("meter", source="mqtt", counts="total", rate=rate, **rules),
        plans.counter("tips", source="mqtt", counts="increments", rate=rate, linear=linear, decimals=3),
        plans.text(map={"a": "b"}),
        plans.topic_contact("dated", since="/t"),
        plans.topic_contact("plug", threshold=[knobs[0], abs(knobs[1]), abs(knobs[2]) % 2], hold_ms=60_000),
        plans.group("door", ["dated", "plug"], combine="door", moving="Moving"),
    ]
    fields = {
        "text": [["tank", ""], ["meter", "rate"], ["tips", "last"]],
        "subtext": [["note", "time"], ["dated", "since"], ["door", ""]],
    }
    decider = Decider(plans.plan(sensors, [plans.watch(**fields)]), {}, 0)
    decider.handle(ClockSet(0, 1_795_425_600_000, 3600))
    at_ms = pulses = 0
    for line in rest.decode("utf-8", "replace").split("\n"):
        at_ms += 1000 + 60_000 * len(line)
        pulses += len(line) * 1_234_567
        for name in ("tank", "meter", "note"):
            decider.handle(ValueSeen(at_ms, name, line, len(line) % 2))
        decider.handle(DatedValueSeen(at_ms, "dated", ("open", "closed")[len(line) % 2], len(line) % 3 % 2, line))
        decider.handle(ValueSeen(at_ms, "plug", line, 0))
        decider.handle(PulsesSeen(at_ms, "tips", pulses))
        decider.handle(TimePassed(at_ms))
    assert decider.sensors["dated"].held_ms(at_ms) >= 0
    assert decider.sensors["door"].reading() in ("open", "closed", "moving", "unknown")
    for sensor in decider.sensors.values():
        if sensor.kind in ("gauge", "counter"):
            assert sensor.measure() is None or parse(sensor.reading(), 6) is not None
        sensor.restore(json.loads(json.dumps(sensor.state())), at_ms)


def increments(content):
    """Check that a counter of messages counts any payload or gives a reason, and that `where` selects or not."""
    where, _, rest = content.partition(b"\0")
    pointer = "/" + where.decode("utf-8", "replace")
    bell = plans.counter(source="mqtt", counts="messages", pointer="", count_payloads=["on"])
    for sensor in (bell, bell | {"pointer": pointer}, bell | {"counts": "increments"}):
        amount, reason = amount_in(sensor, rest)
        assert (amount is None) == bool(reason)
        assert amount is None or amount >= 0
    is_for({**bell, "where": [[pointer, ["1", "on"]]]}, rest)


def template(content):
    """Check that any template fits into the field or raises ValueProblem."""
    text = content.decode("utf-8", "replace")
    try:
        parts = parse_template(text).parts
    except ValueProblem:
        return
    fields = {"text": [part if isinstance(part, str) else ["garage", "since"] for part in parts]}
    decider = Decider(plans.plan([plans.contact()], [plans.watch(**fields)]), {}, 0)
    decider.handle(EdgeSeen(0, "garage", 1))
    for command in decider.handle(TimePassed(20_000)):
        if hasattr(command, "glance"):
            assert len(command.glance["text"]) <= TEXT_LENGTH_MAX


def pushover_answer(content):
    """Check that any answer of Pushover gives an outcome and one printable line without a key."""
    status, _, rest = content.partition(b"\0")
    reset, _, rest = rest.partition(b"\0")
    headers = Message()
    headers["X-Limit-App-Reset"] = "".join(char for char in reset.decode("latin-1") if char.isprintable())
    headers["Date"] = "Tue, 24 Nov 2026 10:00:00 GMT"
    code = 200 + int.from_bytes(status[:2], "big") % 400
    answer = classify(code, headers, parse_body(rest, json.loads), plans.KEY)
    assert answer.outcome in (DELIVERED, REFUSED, THROTTLED, UNKNOWN, UNSENT)
    assert answer.wait_ms >= 0
    assert len(answer.detail) <= 300
    assert all(is_printable(char) for char in answer.detail)
    assert plans.KEY not in answer.detail


def plan(content):
    """Check that any content of a Plan file is a valid Plan or raises PushglanceError."""
    handle = os.memfd_create("fuzz")
    os.write(handle, content)
    try:
        parsed = exec_handover.read_plan_fd(handle)
    except PushglanceError:
        return
    decider = Decider(parsed, {}, 0)
    decider.handle(TimePassed(1000))


def mutated_plan(content):
    """Check that a valid Plan with one changed value is refused with PushglanceError or runs."""
    try:
        path, value = json.loads(content)
    except (ValueError, TypeError, RecursionError):
        return
    valid = plans.plan(list(_SENSORS), [plans.watch(text=[["note", ""]], count=[["meter", ""]])])
    if _replace(valid, path, value):
        plan(json.dumps(valid).encode())


def request(content):
    """Check that any request is an event that the core handles or raises a documented error."""
    try:
        event = read_request(content, 5)
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
        return
    decider = Decider(plans.plan(), {}, 0)
    decider.handle(event)
    decider.handle(TimePassed(1000))
    decider.handle(Stopping(2000))


def number(content):
    """Check that any text is a number that survives a round trip or is refused."""
    text = content.decode("utf-8", "replace")
    for decimals in (0, 2, 6):
        value = parse(text, decimals)
        if value is not None:
            assert parse(to_text(value, decimals), decimals) == value
    decider = Decider(plans.plan([plans.gauge()], [plans.watch(percent=[["tank", ""]])]), {}, 0)
    decider.handle(ValueSeen(0, "tank", text, 0))
    for command in decider.handle(TimePassed(20_000)):
        if hasattr(command, "glance"):
            assert 0 <= int(command.glance["percent"]) <= 100


class _Queue:
    def __init__(self):
        self.events = []

    def put(self, event):
        self.events.append(event)

    def put_latest(self, _key, event):
        self.events.append(event)


def _replace(tree, path, value):
    """Replace the value at `path`; a step that does not exist is replaced by one that does."""
    if not isinstance(path, list) or not path:
        return False
    for number, step in enumerate(path):
        if not isinstance(tree, (dict, list)) or not tree:
            return False
        keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
        key = step if isinstance(step, (str, int)) and step in keys else keys[len(str(step)) % len(keys)]
        if number == len(path) - 1:
            tree[key] = value
            return True
        tree = tree[key]
    return False


TARGETS = {
    target.__name__: target
    for target in (
        settings,
        settings_with_keys,
        payload,
        pointed_payload,
        value,
        increments,
        topic,
        template,
        pushover_answer,
        plan,
        mutated_plan,
        request,
        number,
    )
}
