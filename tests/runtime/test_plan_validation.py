"""Validation of a Plan: an invalid one gives one clear error before anything is built from it."""

import copy
import json
import os

import pytest

from pushglance.errors import PushglanceError
from pushglance.runtime.plan_validation import check_plan
from pushglance.runtime.process import exec_handover
from support import plans

VALID = plans.plan(
    [plans.contact(), plans.topic_contact("window"), plans.counter(), plans.gauge(), plans.text()],
    [plans.watch(text=[["garage", ""], " and ", ["note", ""]])],
    messages=plans.messages(),
    mqtt=plans.mqtt(),
    node=plans.node(),
    cluster=plans.cluster("redis://localhost"),
)


def places(tree, path=()):
    """Yield the path of each key in a tree of JSON values."""
    for key in tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ():
        yield (*path, key)
        yield from places(tree[key], (*path, key))


def test_valid_plan_is_accepted():
    """A valid Plan is returned unchanged, also through the file descriptor that passes it on."""
    assert check_plan(VALID) is VALID
    assert exec_handover.read_plan_fd(exec_handover.write_plan_fd(VALID)) == VALID


@pytest.mark.parametrize("path", [p for p in places(VALID) if isinstance(p[-1], str)], ids=lambda path: str(path[-1]))
@pytest.mark.parametrize("value", [None, -1, 1.5])
def test_wrong_or_missing_value_is_an_error(path, value):
    """Each value that is missing or has the wrong type gives an error that asks to compile the Plan again."""
    plan = copy.deepcopy(VALID)
    *parents, last = path
    tree = plan
    for step in parents:
        tree = tree[step]
    if value is None:
        del tree[last]
    else:
        tree[last] = value
    if (path[-1], value) in (("low", -1), ("resets_at_s", -1), ("priority", -1), ("cluster", None), ("stale_ms", None)):
        assert check_plan(plan) is plan  # -1 is a value like any other, and most hubs are alone
        return
    with pytest.raises(PushglanceError, match="compile it again"):
        check_plan(plan)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[" * 100_000, b"\xff", json.dumps({"version": 2}).encode()])
def test_content_that_is_not_a_plan_is_an_error(content):
    """Bytes that are not a Plan at all give an error, too."""
    fd = os.memfd_create("test")
    os.write(fd, content)
    with pytest.raises(PushglanceError, match="compile it again"):
        exec_handover.read_plan_fd(fd)


def test_unknown_sensor_in_a_template_is_an_error():
    """A template that names an unknown sensor is found before its text is needed."""
    with pytest.raises(PushglanceError, match="shows an unknown sensor"):
        check_plan(plans.plan(watches=[plans.watch(text=[["ghost", ""]])]))
