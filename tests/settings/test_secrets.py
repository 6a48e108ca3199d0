"""Secrets never appear in errors, chained exceptions, reprs and outputs, wherever they are written."""

import json
import traceback

import pytest
from click.testing import CliRunner

from pushglance.cli.setup.check import check_command
from pushglance.errors import SettingsError
from pushglance.plan import compile_plan, redacted
from pushglance.settings import load_settings

_CANARIES = ("Canary1TokenCanary1TokenCanary", "Canary2Usr1Canary2Usr1Canary2U", "Canary3 pass!word")
TOKEN, USER, PASSWORD = _CANARIES

_GOOD = f"""
[pushover]
token = "{TOKEN}"
user = "{USER}"
[mqtt]
host = "h"
username = "me"
password = "{PASSWORD}"
[watches.anna]
user = "{USER[::-1]}"
glance.title = "x"
"""


def _assert_no_secret(text):
    for canary in (*_CANARIES, USER[::-1]):
        for length in (len(canary), 12):
            assert canary[:length] not in text, text
            assert canary[-length:] not in text, text


def _full_text(error):
    """Return the text of an exception and of all exceptions in its chain, also suppressed ones."""
    texts = []
    seen = set()
    pending = [error]
    while pending:
        link = pending.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        texts += [str(link), repr(link), *traceback.format_exception_only(link), repr(link.args)]
        pending += [link.__cause__, link.__context__]
    return "\n".join(texts)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "[budget]\npushes = 99",
        f'[pushover2]\ntoken = "{TOKEN}"',
        f'[pushover]\ntokn = "{TOKEN}"',
        f'[pushover]\n{TOKEN} = "x"',
        f"[{TOKEN}]\nx = 1",
        f"[sensors.{TOKEN}]\nkind = 'text'",
        f"[watches.{TOKEN}]\nglance.title = 'x'",
        f'[pushover]\ntoken = "{TOKEN}!"',
        f'[pushover]\ntoken = "{TOKEN[:20]}"',
        f'[pushover]\ntoken = ["{TOKEN}"]',
        f'[pushover]\ntoken = {{ x = "{TOKEN}" }}',
        f'[pushover]\ndevice = "{TOKEN}"',
        f'[pushover]\nurl = "https://{USER}:{PASSWORD}@h"',
        f'[pushover]\nurl = "https://h:{TOKEN}"',
        f'[pushover]\nconnect_timeout = "{TOKEN}"',
        f'[pushover]\nconnect_timeout = "1{TOKEN[:6]}{TOKEN[7:]}"',
        f'[pushover]\ntoken_file = "{TOKEN}"',
        f'[pushover]\nca_file = "{TOKEN}"',
        f'[pushover]\ntoken_file = ["{TOKEN}"]',
        f'pushover = "{TOKEN}"',
        f'[mqtt]\nhost = "h"\nport = "{PASSWORD}"',
        f'[mqtt]\nhost = "h"\nversion = "{PASSWORD}"',
        f'[mqtt]\nhost = "h"\ntls = "{PASSWORD}"',
        f'[mqtt]\nhost = "h"\npassword = ["{PASSWORD}"]',
        f'[mqtt]\nhost = "h"\npassword = "{PASSWORD}"',
        f'[mqtt]\nhost = "h"\nkeepalive = "{PASSWORD}"',
        f'[mqtt]\nhost = "h"\nclient_id = "{PASSWORD * 9}"',
        f'[budget]\nspacing = "{TOKEN}"',
        f'[gpio]\nfactory = "{TOKEN}"',
        f'[sensors.a]\nkind = "{TOKEN}"',
        f'[sensors.a]\nkind = "contact"\ngpio = "{TOKEN}"',
        f'[sensors.a]\nkind = "text"\nmqtt = "#{TOKEN}"',
        f'[sensors.a]\nkind = "text"\nvalue = "{TOKEN}"',
        f'[sensors.a]\nkind = "contact"\nopen_payloads = ["{TOKEN}"]\nclosed_payloads = ["{TOKEN}"]\nmqtt = "a"',
        f'[glance]\ntext = "{{ {TOKEN} }}"',
        f'[glance]\ntext = "{{{TOKEN.lower()}}}"',
        f'[glance]\ntext = "{{a.{TOKEN.lower()}}}"',
        f'[glance]\ntext = "{TOKEN * 4}"',
        f'[pushover]\ntoken = "{TOKEN}"\ntoken = "{TOKEN}"',
        f"[pushover]\ntoken = {TOKEN}",
        f'[pushover]\ntoken = "{TOKEN}',
        f"[{TOKEN}]\n[{TOKEN}]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("extra", ["", '[watches.ben]\nuser = "' + USER + '"\ndevice = "b c"\n'])
def test_no_error_shows_a_secret(write, wrong, extra):
    """A secret on a wrong line, or next to an error, appears in no exception of the chain."""
    with pytest.raises(SettingsError) as caught:
        load_settings(write(wrong + "\n" + extra))
    _assert_no_secret(_full_text(caught.value))


def test_errors_hide_secrets_of_environment_and_files(write, monkeypatch, tmp_path):
    """Secrets of the environment and of files are hidden like those of the TOML file."""
    (tmp_path / "user").write_text(USER + USER)
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN", TOKEN + "?")
    monkeypatch.setenv("PUSHGLANCE_MQTT__PASSWORD", PASSWORD)
    monkeypatch.setenv("PUSHGLANCE_MQTT__TOKEN", PASSWORD)
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKN", TOKEN)
    with pytest.raises(SettingsError) as caught:
        load_settings(write("[pushover]\nuser_file = 'user'"))
    assert len(str(caught.value).splitlines()) == 6
    _assert_no_secret(_full_text(caught.value))


def test_settings_hide_secrets(write):
    """The repr, str and dump of settings have no secret."""
    settings = load_settings(write(_GOOD))
    for text in (repr(settings), str(settings), repr(settings.model_dump()), settings.model_dump_json()):
        _assert_no_secret(text)
    _assert_no_secret(repr(settings.watches) + repr(settings.pushover.token) + f"{settings.pushover.token}")


@pytest.mark.parametrize("options", [[], ["--json"], ["--schema"]])
def test_check_hides_secrets(write, options):
    """`pushglance check` prints no secret with any option."""
    result = CliRunner().invoke(check_command, ["--config", str(write(_GOOD)), *options])
    assert result.exit_code == 0, result.output
    _assert_no_secret(result.output)


def test_redacted_plan_has_the_same_shape(write):
    """A redacted Plan has the same shape, and the Plan itself keeps its secrets."""
    plan = compile_plan(load_settings(write(_GOOD)))
    safe = redacted(plan)
    _assert_no_secret(json.dumps(safe))
    assert safe["secrets"] == {"token": "redacted", "users": {"anna": "redacted"}, "mqtt_password": "redacted"}
    assert plan["secrets"] == {"token": TOKEN, "users": {"anna": USER[::-1]}, "mqtt_password": PASSWORD}
    assert {**safe, "secrets": None} == {**plan, "secrets": None}
