"""The last reasons of sensors and links: each is logged once and disappears when its cause does."""

import pytest

from pushglance.runtime.diagnostics.diagnostics import Diagnostics
from support import plans


@pytest.fixture
def clock():
    return [0]


@pytest.fixture
def diagnostics(clock):
    sensors = [plans.gauge("tank", topic="t", pointer="/level"), plans.text("note", topic="n")]
    return Diagnostics(sensors, lambda: clock[0])


def test_unused_payload_is_kept_with_its_reason(diagnostics, clock):
    """The note has the sentence, the payload and its age."""
    diagnostics.on_unused("tank", "t", "it has no single value at /level", b'{"Level": 3}')
    clock[0] = 5000
    assert diagnostics.sensor_notes() == {
        "tank": {
            "problem": 'the payload {"Level": 3} on t was not used: it has no /level, it has /Level: '
            'write value = "/Level"',
            "last_payload": '{"Level": 3}',
            "problem_age_ms": 5000,
            "is_certain": 1,
        }
    }


def test_reason_disappears_with_the_next_value(diagnostics):
    """A value that is used removes the note, explained or not."""
    for is_explained in (True, False):
        diagnostics.on_unused("tank", "t", "it is not valid JSON", b"x")
        if is_explained:
            assert diagnostics.problems()
        diagnostics.on_used("tank")
        assert diagnostics.problems() == {}


def test_reason_is_logged_once(diagnostics, caplog):
    """The same reason with another payload is not logged again, and random payloads fill no log."""
    for number in range(100):
        diagnostics.on_unused("note", "n", "it is not valid UTF-8", b"\xff%d" % number)
        diagnostics.problems()
    assert len(caplog.messages) == 1
    for number in range(100):
        diagnostics.on_unused("tank", "t", f"it is {number}", b"x" * 20)
        diagnostics.problems()
    assert len(caplog.messages) == 9


def test_long_message_names_its_topic(diagnostics):
    """A message that was discarded has no payload; its topic and the reason are named."""
    diagnostics.on_unused("tank", "t/photo", "it is too long", None)
    assert diagnostics.problems() == {"tank": "a message on t/photo was not used: it is too long"}


def test_large_payloads_are_not_kept(diagnostics):
    """A thousand payloads of 64 KiB leave one shortened text behind."""
    for _ in range(1000):
        diagnostics.on_unused("note", "n", "it is not valid UTF-8", b"\xff" * 65_536)
    assert len(diagnostics._unexplained["note"].payload) <= 16_385
    assert diagnostics.sensor_notes()["note"]["last_payload"] == "\ufffd" * 80 + "..."
    assert diagnostics._unexplained == {}


def test_link_reason_disappears(diagnostics):
    """The reason of a link stays until the link is up."""
    diagnostics.set_link_reason("mqtt", "Cannot connect.")
    assert diagnostics.links() == {"mqtt": "Cannot connect."}
    diagnostics.set_link_reason("mqtt", "")
    assert diagnostics.links() == {}
