"""Messages in the settings: short and long forms, defaults, and who gets them."""

import pytest

from pushglance.plan import compile_plan

_DOOR = "[sensors.garage]\nkind = 'contact'\ngpio = 17\nopen = 'Garage open'\nclosed = 'Garage closed'\n"
_GLANCE = "[glance]\ntext = '{garage}'\n"


@pytest.fixture
def messages(load):
    """Return a function from left_open and other tables to the plan of messages."""
    return lambda left_open, more="": compile_plan(load(f"{_DOOR}left_open = {left_open}\n{_GLANCE}{more}"))["messages"]


def test_duration_alone_takes_the_default_texts(messages):
    """`left_open = "20min"` sends the contact's words with normal priority, at most ten times a day."""
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


def test_all_keys_of_a_message_reach_the_plan(messages):
    """Texts, priority, limit and device are taken from the settings."""
    plan = messages(
        '{ after = "1h", message = "Still open", closed = "Shut", priority = 1 }',
        "[messages]\nlimit = 3\ndevice = 'phone'\n",
    )
    (rule,) = plan["left_open"]
    assert (rule["message"], rule["closed"], rule["priority"]) == ("Still open", "Shut", 1)
    assert (plan["pushes"], plan["device"]) == (3, "phone")


def test_messages_have_a_separate_account(load):
    """A message does not use the budget of the user's watch: their accounts differ."""
    plan = compile_plan(load(f"{_DOOR}left_open = '20min'\n{_GLANCE}"))
    assert plan["messages"]["account"] != plan["watches"][0]["account"]
    assert plan["secrets"]["users"]["messages"] == plan["secrets"]["users"]["watch"]


def test_without_left_open_the_plan_has_no_messages(load):
    """Without left_open the Plan has no messages."""
    assert compile_plan(load(_DOOR + _GLANCE))["messages"] is None
