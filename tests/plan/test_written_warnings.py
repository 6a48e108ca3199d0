"""Texts that are valid and probably slips get a warning."""

import pytest

from pushglance.plan.plan_warnings import plan_warnings
from support.settings_files import bare_environment, keys, load, write

__all__ = ["bare_environment", "keys", "load", "write"]


@pytest.mark.parametrize("text", ["{{tank}}", "{{ tank }}", "$tank", "%tank%", "[tank]", "<tank>"])
def test_braces_of_other_programs(load, text):
    """A template of another program would be shown as it is: the warning says what to write."""
    settings = load(f'[mqtt]\nhost = "h"\n[sensors.tank]\nkind = "gauge"\nmqtt = "t"\n[glance]\ntext = "{text}"')
    assert "and no value; write {tank} with one pair of braces" in "\n".join(plan_warnings(settings))


@pytest.mark.parametrize("text", ["the tank: {tank} %", "{{x}} {tank}", "{tank|[no]}"])
def test_plain_templates_get_no_warning(load, text):
    """A sensor's name as a word, and other words in brackets, are no slips."""
    settings = load(f'[mqtt]\nhost = "h"\n[sensors.tank]\nkind = "gauge"\nmqtt = "t"\n[glance]\ntext = "{text}"')
    assert list(plan_warnings(settings)) == []


@pytest.mark.parametrize(("topic", "words"), [("a/b ", 'write mqtt = "a/b"'), ("a/b/", "ends with a slash")])
def test_topics_with_invisible_ends(load, topic, words):
    """A space or a slash at the end of a topic makes it another topic."""
    settings = load(f'[mqtt]\nhost = "h"\n[sensors.a]\nkind = "text"\nmqtt = "{topic}"\n[glance]\ntext = "{{a}}"')
    assert words in "\n".join(plan_warnings(settings))


@pytest.mark.parametrize(
    ("lines", "advice"),
    [
        ("port = 8883", "write tls = true under [mqtt]"),
        ("port = 1883\ntls = true", "write port = 8883 under [mqtt]"),
        ("port = 8883\ntls = true", ""),
        ("tls = true", ""),
        ("port = 1883", ""),
    ],
)
def test_port_that_does_not_fit_tls(load, lines, advice):
    """The port for TLS without tls, and tls with the other port, are probably slips."""
    settings = load(f'[mqtt]\nhost = "h"\n{lines}\n[sensors.a]\nkind = "text"\nmqtt = "a"\n[glance]\ntext = "{{a}}"')
    warnings = list(plan_warnings(settings))
    assert [warning.partition("; ")[2] for warning in warnings] == ([advice] if advice else [])


def test_members_of_a_shown_group_are_shown(load):
    """A sensor that only a shown group uses gets no warning that nothing shows it."""
    sensors = "".join(f'[sensors.{name}]\nkind = "contact"\ngpio = {pin}\n' for name, pin in (("a", 17), ("b", 27)))
    group = '[sensors.doors]\nkind = "group"\nof = ["a", "b"]\n[glance]\ntext = "{doors}"\n'
    assert [warning for warning in plan_warnings(load(sensors + group)) if "no glance shows" in warning] == []
