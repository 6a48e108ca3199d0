"""A Plan is looked at before anything is built from it: what is none is one sentence."""

import copy
import json
import os

import pytest

from pushglance.errors import PushglanceError
from pushglance.runtime.plan_validation import check_plan
from pushglance.runtime.process import exec_handover
from support import plans

WHOLE = plans.plan(
    [plans.contact(), plans.topic_contact("window"), plans.counter(), plans.gauge(), plans.text()],
    [plans.watch(text=[["garage", ""], " and ", ["note", ""]])],
    messages=plans.messages(),
    mqtt=plans.mqtt(),
)


def places(tree, path=()):
    """Yield the path of every key in a tree of JSON."""
    for key in tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ():
        yield (*path, key)
        yield from places(tree[key], (*path, key))


def test_a_plan_is_one():
    """A whole Plan comes back as it was, over the memory that hands it on."""
    assert check_plan(WHOLE) is WHOLE
    assert exec_handover.pick_up(exec_handover.lay_down(WHOLE)) == WHOLE


@pytest.mark.parametrize("path", [p for p in places(WHOLE) if isinstance(p[-1], str)], ids=lambda path: str(path[-1]))
@pytest.mark.parametrize("value", [None, -1, 1.5])
def test_a_wrong_value_is_a_sentence(path, value):
    """Whichever value is of the wrong type, or is missing, the sentence says that the Plan must be compiled again."""
    plan = copy.deepcopy(WHOLE)
    *steps, last = path
    tree = plan
    for step in steps:
        tree = tree[step]
    if value is None:
        del tree[last]
    else:
        tree[last] = value
    if path[-1] in ("low", "high", "resets_at_s", "priority") and value == -1:
        return  # a number, and as good as another one
    with pytest.raises(PushglanceError, match="compile it again"):
        check_plan(plan)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[" * 100_000, b"\xff", json.dumps({"version": 2}).encode()])
def test_what_is_no_plan(content):
    """Bytes that are no Plan at all are a sentence, too."""
    handle = os.memfd_create("test")
    os.write(handle, content)
    with pytest.raises(PushglanceError, match="compile it again"):
        exec_handover.pick_up(handle)


def test_a_sensor_that_is_none():
    """A template that names a sensor which is not there is found before it is asked for its text."""
    with pytest.raises(PushglanceError, match="shows a sensor that is none"):
        check_plan(plans.plan(watches=[plans.watch(text=[["ghost", ""]])]))
