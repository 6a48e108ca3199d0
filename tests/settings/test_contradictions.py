"""Values that are valid alone but not together: each contradiction is reported at its place."""

import tomllib
from pathlib import Path

import pytest

from pushglance.errors import SettingsError
from pushglance.settings import load_settings
from pushglance.settings.template_lengths import max_length

_CATALOGUE = tomllib.loads(Path(__file__).with_name("contradictions.toml").read_text(encoding="utf-8"))["error"]


@pytest.mark.parametrize("case", _CATALOGUE, ids=[case["read"][0].split(":")[0] for case in _CATALOGUE])
def test_contradiction_gives_its_lines(issues, case):
    """Each contradiction of the catalogue gives exactly its lines."""
    assert issues(case["write"]) == case["read"]


def test_missing_keys_are_reported_once(write):
    """A missing token and user are each reported once, with the three ways to set them."""
    with pytest.raises(SettingsError) as caught:
        load_settings(write('[glance]\ntitle = "x"'))
    assert str(caught.value).splitlines() == [
        f"pushover.{key}: missing; set PUSHGLANCE_PUSHOVER__{key.upper()}, or write {key}_file = "
        f'"/path/to/a/file" in [pushover], or give systemd the credential pushover_{key}'
        for key in ("token", "user")
    ]


def test_user_of_pushover_may_be_missing_if_each_watch_has_one(write, monkeypatch):
    """[pushover] needs no user when each watch has its own."""
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN", "t" * 30)
    own = f'[watches.anna]\nuser = "{"a" * 30}"\nglance.title = "x"\n[watches.ben]\nglance.title = "y"\n'
    with pytest.raises(SettingsError, match=r"^pushover\.user: missing"):
        load_settings(write(own))
    monkeypatch.setenv("PUSHGLANCE_WATCHES__BEN__USER", "b" * 30)
    assert load_settings(write(own)).pushover.user is None


def test_two_users_may_have_the_same_device_name(load):
    """Two users may have devices of the same name, or none."""
    for device in ('device = "phone"\n', ""):
        load(
            f"[watches.anna]\n{device}glance.title = 'x'\n"
            f"[watches.ben]\nuser = '{'b' * 30}'\n{device}glance.title = 'x'\n"
        )


@pytest.mark.parametrize("broken", ["kind = 'contct'", "kind = 'contact'\ngpio = 99", "kind = 'contact'\nmqtt = '#a'"])
def test_consequences_of_an_error_are_not_reported(issues, broken):
    """A wrong sensor is reported once; the template that names it is not wrong."""
    [line] = issues(f"[sensors.a]\n{broken}\n[glance]\ntext = '{{a}} {{a.since}}'")
    assert line.startswith("sensors.a.")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("PUSHGLANCE_PUSHOVER_TOKEN", "PUSHOVER__TOKEN"), ("PUSHGLANCE_SENSORS_GARAGE_GPIO", "SENSORS__GARAGE_GPIO")],
)
def test_variable_with_one_underscore_is_reported(issues, monkeypatch, name, expected):
    """A variable with one underscore between section and key would have no effect, so it is reported."""
    monkeypatch.setenv(name, "x")
    assert issues("[glance]\ntitle = 'x'") == [
        f"{name}: a section and its key are joined by two underscores; write PUSHGLANCE_{expected}=..."
    ]


def test_variables_of_other_programs_are_ignored(load, monkeypatch):
    """A variable without the name of a section may belong to another program."""
    monkeypatch.setenv("PUSHGLANCE_TESTING", "1")
    load("[glance]\ntitle = 'x'")


def test_simulation_needs_no_broker(load):
    """In a simulation the values of topics are written by hand, so no broker is needed."""
    settings = load("[simulation]\nhand = '/tmp/hand'\n[sensors.a]\nkind = 'text'\nmqtt = 'x'\n[glance]\ntitle = '{a}'")
    assert settings.mqtt is None


@pytest.mark.parametrize(
    ("sensor", "template", "length"),
    [
        ("kind = 'contact'\ngpio = 4\nopen = 'abc'\nclosed = 'abcd'", "{a}", 4),
        ("kind = 'contact'\ngpio = 4\nopen = ''\nclosed = ''", "{a}", 1),
        ("kind = 'contact'\ngpio = 4", "{a.since}", len("14:05")),
        ("kind = 'contact'\ngpio = 4", "{a.since_day}", len("Mon 14:05")),
        ("kind = 'counter'\ngpio = 4\nresets = 'daily'", "{a}{a.total}{a.today}", 30),
        ("kind = 'gauge'\nmqtt = 'x'", "{a}", len("-1234567890")),
        ("kind = 'gauge'\nmqtt = 'x'\ndecimals = 2", "{a}", len("-1234567890.12")),
        ("kind = 'text'\nmqtt = 'x'\nlength = 7", "{{{a}}}", 9),
    ],
)
def test_max_length_of_a_template(load, sensor, template, length):
    """The longest text of a template is the sum of its literals and of the longest text of each value."""
    settings = load(f"[mqtt]\nhost = 'h'\n[sensors.a]\n{sensor}\n[glance]\ntext = '{template}'")
    assert max_length(settings.glance.text, settings) == length


def test_text_of_100_characters_is_allowed(load):
    """A text of exactly 100 characters, not bytes, is allowed; one more is not."""
    word = "\N{SNOWMAN}" * 95
    text = '[sensors.a]\nkind = "contact"\ngpio = 4\n[glance]\ntext = "{}{{a.since}}"'
    load(text.format(word))
    with pytest.raises(SettingsError, match="101 characters"):
        load(text.format(word + "x"))
