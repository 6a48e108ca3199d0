"""Logins in hosts and URLs: refused without being repeated, and removed from everything that is printed."""

import io
import json
import logging
import subprocess
import sys
import time
import traceback

import pytest
from click.testing import CliRunner

from pushglance.cli.setup.check import check_command
from pushglance.doctor.check_result import WRONG, CheckResult, sanitize
from pushglance.errors import SettingsError
from pushglance.redaction import without_logins
from pushglance.runtime.process.log_output import JournaldFormatter, RedactedFormatter

NAME, PASSWORD = "an-na", "pass/wo@rd"
URL = f"mqtt://{NAME}:{PASSWORD}@broker.example:1883"
HOSTS = [("mqtt", "host"), ("pushover", "url"), ("cluster", "url"), ("board", "ntp")]
FORMS = [
    f"{{scheme}}://{NAME}:{PASSWORD}@h",
    f"{{scheme}}://{PASSWORD}@h",
    f"{NAME}:{PASSWORD}@h",
    f"{NAME}:{PASSWORD}@h:1883",
    f"{{scheme}}:{NAME}:{PASSWORD}@h",
    f"{{scheme}}:////{NAME}:{PASSWORD}@h",
    f"{{scheme}}://{NAME}:{PASSWORD}@[::1]:1883/path?x#y",
    f"{{scheme}}://h/{NAME}:{PASSWORD}@",
]


def assert_no_login(text):
    """Fail if the name or a part of the password is in the text."""
    assert NAME not in text
    for part in ("pass", "wo@", "rd@"):
        assert part not in text.replace("password", ""), text


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", HOSTS, ids=".".join)
@pytest.mark.parametrize("is_environment", [False, True])
def test_a_login_in_a_host_is_refused_and_not_repeated(load, monkeypatch, place, form, is_environment):
    """Each key for a host or a URL refuses a login, in the file and in the environment, and says what is allowed."""
    scheme = {"pushover": "https", "cluster": "redis"}.get(place[0], "mqtt")
    text = f'[{place[0]}]\n{place[1]} = "{form.format(scheme=scheme)}"\n[glance]\ntitle = "x"\n'
    if is_environment:
        monkeypatch.setenv(f"PUSHGLANCE_{place[0]}__{place[1]}".upper(), form.format(scheme=scheme))
        text = '[glance]\ntitle = "x"\n'
    with pytest.raises(SettingsError) as caught:
        load(text)
    message = str(caught.value)
    assert place[1] in message.lower()
    assert_no_login(message)
    assert_no_login("".join(traceback.format_exception(caught.value)).partition("SettingsError")[2])


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "broker",
        "192.0.2.7",
        "fd00::7",
        "fe80::1%eth0",
        "my_broker.lan",
        "core-mosquitto",
        "b.example.",
        "mäh",
    ],
)
def test_a_plain_host_is_accepted(load, host):
    """Names and addresses are accepted as they are."""
    assert load(f'[mqtt]\nhost = "{host}"\n[glance]\ntitle = "x"\n').mqtt.host == host


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (URL, "mqtt://broker.example:1883"),
        (f"connecting to {URL} failed", "connecting to mqtt://broker.example:1883 failed"),
        (f'{{"url": "{URL}"}}', '{"url": "mqtt://broker.example:1883"}'),
        ("HTTPS://t0ken@host/x", "HTTPS://host/x"),
        (f"host={NAME}:{PASSWORD}@h, port=1", "host=***@h, port=1"),
        ("redis://h?password=abc&db=1", "redis://h?password=***&db=1"),
        ('as "http://name:password@proxy.example:3128"', 'as "http://name:password@proxy.example:3128"'),
        ("mail to anna@example.com at 12:30", "mail to anna@example.com at 12:30"),
        ("https://example.com/a?b=c", "https://example.com/a?b=c"),
    ],
)
def test_redaction_knows_urls(text, redacted):
    """Names and passwords are removed from URLs anywhere in a text, and nothing else is."""
    assert without_logins(text) == redacted


@pytest.mark.parametrize("text", ["a://" * 20_000, "a:" * 40_000 + "@", "x:y,@" * 20_000, "?key=" * 20_000])
def test_redaction_takes_no_time(text):
    """Long hostile texts take no more than a moment."""
    began_s = time.process_time()
    without_logins(text)
    assert time.process_time() - began_s < 2


@pytest.mark.parametrize("formatter", [RedactedFormatter(), JournaldFormatter()])
def test_the_log_and_its_tracebacks_hold_no_login(formatter):
    """A record, its arguments and its traceback are logged without the login."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    error = OSError(f"cannot open {URL}")
    trace = (OSError, error, error.__traceback__)
    handler.handle(logging.LogRecord("test", logging.ERROR, "", 1, "connecting to %s", (URL,), trace))
    assert "broker.example" in stream.getvalue()
    assert_no_login(stream.getvalue())


@pytest.mark.parametrize("where", ["main", "thread"])
def test_an_unhandled_error_prints_no_login(where):
    """The traceback of an error that nothing has handled has no login, in the main thread and in others."""
    program = (
        "import sys, threading\nfrom pushglance.redaction import redact_tracebacks\nredact_tracebacks()\n"
        "def fail(): raise ValueError(sys.argv[1])\n"
        + ("fail()" if where == "main" else "threading.Thread(target=fail).start()")
    )
    ended = subprocess.run([sys.executable, "-P", "-c", program, URL], capture_output=True, text=True)
    assert "broker.example" in ended.stderr
    assert_no_login(ended.stderr)


def test_commands_print_no_login(write, monkeypatch):
    """A wrong command line, `check`, its JSON and a result of `doctor` show no login of a URL that stands elsewhere."""
    command = [sys.executable, "-P", "-m", "pushglance"]
    for words in (
        [URL],
        ["check", URL],
        ["web", "--host", URL],
        ["status", "--watch", URL],
        ["check", "--config", URL],
    ):
        ended = subprocess.run([*command, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert ended.returncode != 0
        assert_no_login(ended.stdout + ended.stderr)
    text = f'[mqtt]\nhost = "h"\n[sensors.a]\nkind = "text"\nmqtt = "{URL}"\n[glance]\ntext = "{{a}}"\n'
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN", "a" * 30)
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__USER", "u" * 30)
    for options in ([], ["--json"]):
        printed = CliRunner().invoke(check_command, ["--config", str(write(text)), *options])
        assert "broker.example" in printed.output
        assert_no_login(printed.output)
    assert_no_login(json.dumps(sanitize(CheckResult("broker", WRONG, f"no {URL}", URL), None)))
