"""`pushglance check` shows what the settings mean, the origin of secrets, and warnings."""

import json
import re

import pytest
from click.testing import CliRunner

from pushglance.cli.setup.check import check_command
from pushglance.errors import SettingsError
from pushglance.plan import compile_plan, redacted
from pushglance.plan.overview import overview
from pushglance.runtime.inputs.gpio import gpio_chips
from pushglance.settings import load_settings
from pushglance.settings.schema import schema_text

_SETTINGS = """
[pushover]
device = "my-watch"
[mqtt]
host = "localhost"
username = "me"
password = "secret"
[sensors.garage]
kind = "contact"
gpio = 17
settle = { open = "50ms", closed = "2s" }
open = "Garage open"
closed = "Garage closed"
urgent = true
[sensors.visitors]
kind = "counter"
gpio = 27
pull = "none"
resets = "daily"
[sensors.tank]
kind = "gauge"
mqtt = "garden/tank"
value = "/level"
deadband = 2
stale_after = "2h"
[sensors.window]
kind = "contact"
mqtt = "home/window"
invert = true
retained = "news"
[glance]
title = "Home"
text = "{garage} since {garage.since}"
count = "{visitors}"
percent = "{tank}"
"""

_OVERVIEW = """\
Pushover
  url       https://api.pushover.net
  token     30 characters, from environment
  user      30 characters, from environment
  timeouts  connect 10s, read 20s

Broker
  address    localhost:1883, MQTT 5 or 3.1.1, keepalive 60s
  client id  pushglance-test
  username   me
  password   6 characters, from settings file

Pins and clock
  pin factory  lgpio
  clock        synchronised

Sensors
  garage    contact  GPIO17, pull up                  "Garage open" or "Garage closed", settle open 50ms, closed 2000ms, open is high, urgent, weight 1
  visitors  counter  GPIO27, pull none                resets daily, a pulse is low, 5ms or longer, weight 0.2 at a difference of 10
  tank      gauge    topic garden/tank, value /level  0 to 100, 0 decimals, deadband 2, qos 1, stale after 2h, weight 0.2 at a difference of 10
  window    contact  topic home/window                "Open" or "Closed", settle 0ms, open is closed off false 0, closed is on open true 1, qos 1, retained is news, weight 0.5

Watch watch
  device   my-watch
  budget   50 pushes in any 24 hours, 20min apart unless urgent, paced by price
  title    "Home"                           up to 4 of 100 characters
  text     "{garage} since {garage.since}"  up to 25 of 100 characters
  count    "{visitors}"
  percent  "{tank}"

On watch, with the longest texts
    Modular large            Circular gauge      Corner
  ╭─────────────────────╮  ╭────────────────╮  ╭────────╮
  │ Home                │  │ 8888           │  │ 8888   │
  │ Garage closed since │  │ ▰▰▰▰▰          │  │ ▰▰▰▰▰  │
  │ 00:00               │  ╰────────────────╯  ╰────────╯
  ╰─────────────────────╯
    Inline
  ╭─────────────────────────╮
  │ Garage closed since 00… │
  ╰─────────────────────────╯
  text is cut off on Inline: "Garage closed since 00:00"; write  subtext = "since {garage.since}"

Warnings
  GPIO27 of visitors has no pull resistor, so it floats and reports false changes while the switch is open; fit a resistor, or write pull = "up"
  no glance shows window; write {window} into a template, or remove [sensors.window]
"""  # noqa: E501 - one sensor is one line, as it is printed


@pytest.fixture
def check(write, keys, monkeypatch, tmp_path):
    """Return a function that runs `pushglance check` with a settings file and options, on a machine without pins."""
    monkeypatch.setattr(gpio_chips, "_DEVICES", tmp_path / "dev")
    monkeypatch.setattr("socket.gethostname", lambda: "test")

    def check(text, *options):
        return CliRunner().invoke(check_command, ["--config", str(write(text)), *options])

    return check


def test_overview_shows_what_the_settings_mean(check, tmp_path):
    """The overview is aligned and complete."""
    result = check(_SETTINGS)
    assert result.exit_code == 0
    assert result.output == f"{tmp_path}/pushglance.toml: no errors\n\n{_OVERVIEW}\n"


def test_overview_without_warnings_has_no_heading_for_them(check):
    """Without a warning, the heading for warnings is left out."""
    result = check("[sensors.a]\nkind = 'contact'\ngpio = 6\n[glance]\ntitle = '{a}'")
    assert "Warnings" not in result.output


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("[glance]\ntitle = 'x'", "no sensor is configured, so the glance never changes; write [sensors.NAME]"),
        (
            "[simulation]\nhand = '/h'\n[glance]\ntitle = 'x'",
            "this is a simulation: no pin and no broker is used; remove [simulation] to read real sensors",
        ),
    ],
)
def test_suspicious_settings_give_a_warning(check, text, warning):
    """Settings that are valid but may be a mistake give a warning."""
    assert warning in check(text).output.split("Warnings")[1]


_METER = "[sensors.a]\nkind = 'counter'\ngpio = 6\n[glance]\ntitle = '{a}'\n"


@pytest.mark.parametrize(
    ("more", "warning"),
    [
        (
            "",
            "counted with lgpio, which misses edges without notice above about 50 a second: gpiod is not install",
        ),
        (
            "[gpio]\nfactory = 'native'",
            'counted with native, which misses edges without notice .*: write factory = "lgpio" under',
        ),
    ],
)
def test_pulses_without_libgpiod_give_a_warning(check, monkeypatch, tmp_path, more, warning):
    """On a machine with pins, counting without libgpiod 2 gives a warning; on others it does not."""

    def absent(_name):
        raise ModuleNotFoundError("No module named 'gpiod'", name="gpiod")

    monkeypatch.setattr(gpio_chips, "import_module", absent)
    assert "Warnings" not in check(_METER + more).output
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/gpiochip0").touch()
    assert re.search(warning, check(_METER + more).output.split("Warnings")[1])
    assert "Warnings" not in check(_METER + "[gpio]\nfactory = 'mock'").output


def test_overview_shows_the_user_of_each_watch(check, tmp_path):
    """Each watch has a block with the origin of its user key."""
    (tmp_path / "anna").write_text("a" * 30)
    output = check(
        "[watches.anna]\nuser_file = 'anna'\nglance.title = 'x'\n[watches.ben]\nglance.title = 'x'\nbudget.pushes = 9"
    ).output
    anna, ben = output.split("Watch anna")[1].split("Watch ben")
    assert f"user    30 characters, from file {tmp_path}/anna" in anna
    assert "every device of the user" in ben
    assert "9 pushes in any 24 hours" in ben
    assert "user  " not in ben


def test_json_option_prints_the_redacted_plan(check, write):
    """--json prints the redacted Plan and nothing else."""
    result = check(_SETTINGS, "--json")
    assert json.loads(result.output) == redacted(compile_plan(load_settings(write(_SETTINGS))))


def test_schema_option_needs_no_settings():
    """--schema prints the schema also without a settings file."""
    result = CliRunner().invoke(check_command, ["--schema"])
    assert (result.exit_code, result.output) == (0, schema_text())


def test_errors_raise_settings_error(check):
    """The command raises SettingsError, which `main` prints before it exits with code 2."""
    result = check("[glance]\ntitel = 'x'")
    assert isinstance(result.exception, SettingsError)
    assert result.exception.exit_code == 2
    assert result.output == ""


def test_config_variable(write, keys, monkeypatch):
    """$PUSHGLANCE_CONFIG names the file like --config."""
    monkeypatch.setenv("PUSHGLANCE_CONFIG", str(write("[glance]\ntitle = 'Named by a variable'")))
    assert "Named by a variable" in CliRunner().invoke(check_command).output


def test_output_to_a_pipe_has_no_colours(check):
    """The output to a pipe has no escape sequence."""
    assert "\x1b" not in check(_SETTINGS).output


def test_missing_keys_do_not_hide_the_overview(check, monkeypatch):
    """Without keys the overview is printed, too, and the exit code is that of an error in the settings."""
    monkeypatch.delenv("PUSHGLANCE_PUSHOVER__TOKEN")
    result = check("[sensors.a]\nkind = 'contact'\ngpio = 6\n[glance]\ntitle = '{a}'")
    assert "no errors except in the keys" in result.output
    assert "On watch, with the longest texts" in result.output
    assert isinstance(result.exception, SettingsError)
    assert str(result.exception).startswith("pushover.token: missing")
    result = check("[sensors.a]\nkind = 'contact'\ngpio = 60\n[glance]\ntitle = '{a}'")
    assert "On watch" not in result.output, "other errors come alone"


@pytest.mark.parametrize(
    ("glance", "sentence"),
    [
        ("title = 'The garage is {a} {a.since}'", "title is cut off on Modular large, Corner and Inline"),
        ("text = 'Door {a} since {a.since}'", 'write  subtext = "since {a.since}"'),
        ("text = 'The door of the big garage'", "write a shorter one"),
        ("text = '{a}'", ""),
        ("text = 'Garage {a}'", "a count or a percent would fit"),
    ],
)
def test_cut_off_texts_are_named_with_a_cure(check, glance, sentence):
    """Whatever a complication cuts off is named, with what to write instead."""
    output = check(f"[sensors.a]\nkind = 'contact'\ngpio = 6\n[glance]\n{glance}").output
    cut_off = output.partition("On watch")[2]
    assert sentence in cut_off if sentence else "cut off" not in cut_off


def test_overview_fits_the_terminal(write, keys):
    """On a terminal the last column is wrapped, and no line is cut by it."""
    settings = load_settings(write(_SETTINGS))
    for width in (80, 100):
        lines = list(overview(settings, width))
        assert max(map(len, lines)) <= width
        assert " ".join("".join(lines).split()).count("settle open 50ms") == 1
