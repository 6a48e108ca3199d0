"""Messages in the settings: short and long forms, defaults, and who gets them."""

import pytest

from pushglance.plan import compile_plan

_DOOR = "[sensors.garage]\nkind = 'contact'\ngpio = 17\nopen = 'Garage open'\nclosed = 'Garage closed'\n"
_GLANCE = "[glance]\ntext = '{garage}'\n"


@pytest.fixture
def messages(load):
    """Return a function from left_open and other tables to the plan of messages."""
    return lambda left_open, more="": compile_plan(load(f"{_DOOR}left_open = {left_open}\n{_GLANCE}{more}"))["messages"]


def test_a_duration_is_enough(messages):
    """`left_open = "20min"` tells the contact's own words, as loud as usual, ten times a day at most."""
    plan = messages('"20min"')
    assert (plan["name"], plan["device"], plan["pushes"]) == ("messages", "", 10)
    assert plan["left_open"] == [
        {
            "sensor": "garage",
            "after_ms": 1_200_000,
            "message": "Garage open for 20min",
            "closed": "Garage closed",
            "priority": 0,
        }
    ]


def test_everything_can_be_said(messages):
    """Words, loudness, limit and device are the user's."""
    plan = messages(
        '{ after = "1h", message = "Still open", closed = "Shut", priority = 1 }',
        "[messages]\nlimit = 3\ndevice = 'phone'\n",
    )
    (rule,) = plan["left_open"]
    assert (rule["message"], rule["closed"], rule["priority"]) == ("Still open", "Shut", 1)
    assert (plan["pushes"], plan["device"]) == (3, "phone")


def test_the_ledger_of_messages_is_not_the_watch_s(load):
    """A message to a user spends nothing of that user's watch: their accounts differ, and both keep the key hidden."""
    plan = compile_plan(load(f"{_DOOR}left_open = '20min'\n{_GLANCE}"))
    assert plan["messages"]["account"] != plan["watches"][0]["account"]
    assert plan["secrets"]["users"]["messages"] == plan["secrets"]["users"]["watch"]


def test_no_left_open_means_no_messages(load):
    """Without left_open there is no messenger at all."""
    assert compile_plan(load(_DOOR + _GLANCE))["messages"] is None
