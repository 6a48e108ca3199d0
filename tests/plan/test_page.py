"""The page in the Plan: what the status page needs of the settings, and what of it reaches the status file."""

from pushglance.plan import board_plan, compile_plan
from pushglance.runtime.plan_validation import check_plan
from pushglance.runtime.status.page_facts import page_facts

SETTINGS = """
[web]
actions = ["pause", "push-now", "pause"]
[sensors.garage]
kind = "contact"
gpio = 17
device_class = "garage_door"
[sensors.window]
kind = "contact"
gpio = 27
[sensors.tank]
kind = "gauge"
file = "/run/tank"
unit = "%"
[sensors.openings]
kind = "group"
of = ["garage", "window"]
combine = "any_open"
[glance]
text = "{garage}"
"""


def test_page_gets_actions_classes_units_and_members(load):
    """The status file has the buttons, and of each sensor its class, its unit and the members of a group."""
    plan = check_plan(compile_plan(load(SETTINGS)))
    assert page_facts(plan) == {
        "actions": ["pause", "push-now"],
        "sensors": {
            "garage": {"class": "garage_door"},
            "tank": {"unit": "%"},
            "openings": {"members": ["garage", "window"], "combine": "any_open"},
        },
    }


def test_settings_without_anything_for_the_page_add_nothing_to_the_plan(load):
    """A Plan has no key for the page if there is nothing to say, and a board's Plan never has one."""
    bare = "[sensors.window]\nkind = 'contact'\ngpio = 27\n[glance]\ntext = '{window}'\n"
    assert "page" not in compile_plan(load(bare))
    board = "[board]\nkind = 'pico_w'\nssid = 'x'\npassword = '12345678'\n[web]\nactions = ['pause']\n"
    assert "page" not in board_plan(load(board + bare.replace("27", "15")), 0)
