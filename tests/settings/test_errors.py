"""Errors in one value: one sentence with what is wrong, what is allowed and what to type."""

import tomllib
from pathlib import Path

import pytest

from pushglance.settings import Settings
from pushglance.settings.validation.unknown_keys import models_in

_GLANCE = '\n[glance]\ntitle = "x"\n'


_CATALOGUE = [
    case
    for name in ("errors.toml", "values/slips.toml")
    for case in tomllib.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))["error"]
]


@pytest.mark.parametrize("case", _CATALOGUE, ids=[case["read"].split(":")[0] for case in _CATALOGUE])
def test_wrong_value_gives_one_line(issues, case):
    """One wrong value gives exactly one line."""
    broker = "" if "[mqtt]" in case["write"] else '[mqtt]\nhost = "h"\n'
    assert issues(case["write"] + broker + _GLANCE) == [case["read"]]


_URLS = """
api.pushover.net http://api.pushover.net https:// ftp://localhost https://u:p@host https://h/?a=b https://h/#f
https://h:99999 http://localhost.evil.net http://127.0.0.1@evil.net http://127.0.0.1.evil.net //localhost
"""


@pytest.mark.parametrize("url", [*_URLS.split(), "https://a b", ""])
def test_wrong_url_is_refused(issues, url):
    """A URL that is neither plain https nor http of this computer is refused without being repeated."""
    [line] = issues(f'[pushover]\nurl = "{url}"' + _GLANCE)
    assert line == (
        "pushover.url: a base URL begins with https:// and has no user, query or fragment; http:// is allowed only "
        "for this computer, e.g. a sandbox at http://127.0.0.1:8080"
    )


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:80", "http://[::1]:8080/", "http://localhost:1/x/", "https://h:8443"]
)
def test_url_is_allowed(load, url):
    """Plain http is allowed for this computer, https everywhere, and a slash at the end does not matter."""
    assert load(f'[pushover]\nurl = "{url}"' + _GLANCE).pushover.url == url.rstrip("/")


def test_all_errors_are_reported_at_once(issues):
    """All errors are reported together, in the order of the sections, each once."""
    lines = issues("""
        [glance]
        text = "{garag}"
        [sensors.garage]
        kind = "contact"
        settle = 200
        gpio = 99
        [sensors.door]
        kind = "contact"
        gpio = 4
        [sensors.gate]
        kind = "contact"
        gpio = 4
        [budget]
        pushes = 51
    """)
    assert [line.split(":")[0] for line in lines] == [
        "budget.pushes",
        "sensors.garage.settle",
        "sensors.garage.gpio",
        "sensors.gate.gpio",
        "glance.text",
    ]


def test_error_in_the_environment_names_the_variable(issues, monkeypatch):
    """An error in the environment names the variable, and the suggestion is one for the shell."""
    monkeypatch.setenv("PUSHGLANCE_BUDGET__SPACING", "20")
    monkeypatch.setenv("PUSHGLANCE_BUDGET__PUSHS", "20")
    shape = "a duration is a number and a unit (ms, s, min, h or d)"
    assert issues(_GLANCE) == [
        f"PUSHGLANCE_BUDGET__SPACING: 20 has no unit; {shape}; write PUSHGLANCE_BUDGET__SPACING=20min",
        "PUSHGLANCE_BUDGET__PUSHS: unknown key; did you mean pushes in [budget]?",
    ]


def test_renamed_key_in_the_environment_names_the_new_variable(issues, monkeypatch):
    """The error about a renamed key names the new variable if the environment set the old one."""
    monkeypatch.setenv("PUSHGLANCE_SENSORS__A__SCALE", "3")
    assert issues('[sensors.a]\nkind = "counter"\ngpio = 4' + _GLANCE) == [
        "PUSHGLANCE_SENSORS__A__SCALE: this key was renamed; write PUSHGLANCE_SENSORS__A__SIGNIFICANT_CHANGE=3"
    ]


def test_errors_never_show_texts_of_pydantic(issues):
    """For any type of value in any key the sentence is our own, not one of pydantic."""
    values = ["true", "5", "1.5", '"x"', "[]", "[1]", "{}", "{ x = 1 }", "2026-01-01", "10:00:00", "nan", '""']
    for section, field in Settings.model_fields.items():
        header = f"[{section}.a]\n" if section in {"sensors", "watches"} else f"[{section}]\n"
        beginnings = [f"{section} = "]
        for model in models_in(field.annotation):
            kind = f'kind = "{model.__name__.lower()}"\n' if section == "sensors" else ""
            beginnings += [f"{header}{'' if key == 'kind' else kind}{key} = " for key in model.model_fields]
        for beginning in beginnings:
            for value in values:
                _is_plain("\n".join(issues(f"unknown_key = 1\n{beginning}{value}")))


def _is_plain(text):
    for jargon in (
        "Input should",
        "pydantic",
        "Value error",
        "be a valid",
        "type=",
        "Extra inputs",
        "Field required",
        "None",
    ):
        assert jargon not in text, text
