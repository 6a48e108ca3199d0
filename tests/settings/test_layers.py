"""Where a value comes from: the environment over credentials and files over the TOML file."""

import pytest

from pushglance.settings import load_settings
from pushglance.settings.resolved_watches import resolve_watches

_GLANCE = "[glance]\ntitle = 'x'\n"


def _key(letter):
    return letter * 30


@pytest.fixture
def credentials(tmp_path, monkeypatch):
    """Return systemd's directory of credentials."""
    directory = tmp_path / "credentials"
    directory.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(directory))
    return directory


@pytest.mark.parametrize(
    ("ways", "letter", "origin"),
    [
        (["toml"], "t", "settings file"),
        (["toml", "credential"], "c", "systemd credential pushover_token"),
        (["toml_file"], "f", "file {tmp}/token_of_toml"),
        (["toml_file", "credential"], "c", "systemd credential pushover_token"),
        (["toml", "credential", "env_file"], "g", "file {tmp}/token_of_env"),
        (["toml_file", "credential", "env"], "e", "environment"),
        (["toml", "toml_file", "env"], "e", "environment"),
    ],
)
def test_order(write, tmp_path, monkeypatch, credentials, ways, letter, origin):
    """The strongest source that gives a secret wins, and the secret remembers which one it was."""
    (tmp_path / "token_of_toml").write_text(_key("f") + "\n")
    (tmp_path / "token_of_env").write_text(f"  {_key('g')}\r\n")
    if "credential" in ways:
        (credentials / "pushover_token").write_text(_key("c") + "\n")
    if "env" in ways:
        monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN", _key("e"))
    if "env_file" in ways:
        monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN_FILE", str(tmp_path / "token_of_env"))
    lines = {"toml": f"token = '{_key('t')}'\n", "toml_file": "token_file = 'token_of_toml'\n"}
    section = "".join(line for way, line in lines.items() if way in ways)
    settings = load_settings(write(f"{_GLANCE}[pushover]\nuser = '{_key('u')}'\n{section}"))
    assert settings.pushover.token.get_secret_value() == _key(letter)
    assert settings.pushover.token.origin == origin.format(tmp=tmp_path)


def test_credentials_of_all(write, credentials):
    """Token, user and password can be credentials; without [mqtt] the password asks for no broker."""
    for name, text in (("pushover_token", _key("t")), ("pushover_user", _key("u")), ("mqtt_password", "p w")):
        (credentials / name).write_text(text)
    assert load_settings(write(_GLANCE)).mqtt is None
    settings = load_settings(write(f"{_GLANCE}[mqtt]\nhost = 'h'\nusername = 'n'"))
    assert settings.mqtt.password.get_secret_value() == "p w"


def test_empty_credential(write, keys, credentials):
    """An empty credential is a stand-in for a missing one, as the shipped unit gives it."""
    (credentials / "mqtt_password").write_text("\n")
    (credentials / "pushover_token").write_text("")
    settings = load_settings(write(f"{_GLANCE}[mqtt]\nhost = 'h'"))
    assert settings.mqtt.password is None
    assert settings.pushover.token.origin == "environment"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot read {path} (no such file or directory); write the secret into that file, or name another file"),
        (b"", "{path} must hold the secret as one line of text, and nothing else"),
        (b"\xff", "{path} must hold the secret as one line of text, and nothing else"),
        (b"x" * 5000, "{path} must hold the secret as one line of text, and nothing else"),
        (
            b"x" * 29,
            "a Pushover key is 30 letters and digits, but this one has 29 characters; copy it again from pushover.net",
        ),
    ],
)
def test_bad_file(issues, monkeypatch, tmp_path, content, sentence):
    """A secret file that cannot be used is one sentence."""
    monkeypatch.delenv("PUSHGLANCE_PUSHOVER__USER")
    path = tmp_path / "user"
    if content is not None:
        path.write_bytes(content)
    assert issues(f"[pushover]\nuser_file = 'user'\n{_GLANCE}") == ["pushover.user: " + sentence.format(path=path)]


def test_unreadable_credential(issues, monkeypatch, credentials):
    """A credential that cannot be read is one sentence too."""
    monkeypatch.delenv("PUSHGLANCE_PUSHOVER__TOKEN")
    (credentials / "pushover_token").mkdir()
    [line] = issues(_GLANCE)
    assert line.startswith(f"pushover.token: cannot read {credentials}/pushover_token (is a directory)")


def test_given_twice(issues, monkeypatch, tmp_path):
    """A secret and its file side by side contradict each other."""
    monkeypatch.delenv("PUSHGLANCE_PUSHOVER__USER")
    lines = issues(f"[pushover]\nuser = '{_key('u')}'\nuser_file = 'x'\n{_GLANCE}")
    assert lines == ["pushover.user: user and user_file are both set; keep one of them"]
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN_FILE", "/x")
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__USER", _key("u"))
    [line] = issues(_GLANCE)
    assert line == "PUSHGLANCE_PUSHOVER__TOKEN: token and token_file are both set; keep one of them"


def test_user_file_of_a_watch(load, tmp_path):
    """A watch's user can stand in a file of its own, and else is the one of [pushover]."""
    (tmp_path / "anna").write_text(_key("a"))
    settings = load(
        "[watches.anna]\nuser_file = 'anna'\nglance.title = 'x'\n[watches.ben]\ndevice = 'b'\nglance.title = 'y'"
    )
    assert settings.watches["anna"].user.get_secret_value() == _key("a")
    assert settings.watches["ben"].user is None


def test_environment_reaches_every_key(load, monkeypatch):
    """Every kind of key can be set by the environment: numbers, words, durations, lists, switches, whole sensors."""
    for name, value in {
        "BUDGET__PUSHES": "40",
        "BUDGET__SPACING": "1h",
        "MQTT__HOST": "broker",
        "MQTT__TLS": "yes",
        "MQTT__PORT": "8884",
        "MQTT__USERNAME": "12345",
        "MQTT__PASSWORD": "0123",
        "SENSORS__GARAGE__KIND": "contact",
        "SENSORS__GARAGE__GPIO": "17",
        "SENSORS__GARAGE__SETTLE__OPEN": "50ms",
        "SENSORS__GARAGE__OPEN": "1",
        "SENSORS__WIN__OPEN_PAYLOADS": "AUF, 1",
        "SENSORS__TANK__DEADBAND": "0.5",
        "SENSORS__TANK__DECIMALS": "1",
        "GLANCE__TITLE": "42",
    }.items():
        monkeypatch.setenv(f"PUSHGLANCE_{name}", value)
    settings = load("""
        [sensors.win]
        kind = "contact"
        mqtt = "w"
        [sensors.tank]
        kind = "gauge"
        mqtt = "t"
        deadband = 5
    """)
    assert (settings.budget.pushes, settings.budget.spacing.ms) == (40, 3_600_000)
    assert (settings.mqtt.host, settings.mqtt.tls, settings.mqtt.port) == ("broker", True, 8884)
    assert (settings.mqtt.username, settings.mqtt.password.get_secret_value()) == ("12345", "0123")
    garage = settings.sensors["garage"]
    assert (garage.gpio, garage.settle.open.ms, garage.settle.closed, garage.open) == (17, 50, None, "1")
    assert settings.sensors["win"].open_payloads == ["auf", "1"]
    assert str(settings.sensors["tank"].deadband) == "0.5"
    assert settings.glance.title.text == "42"


def test_empty_variable(load, monkeypatch):
    """An empty variable says nothing, as an EnvironmentFile with blanks gives it."""
    monkeypatch.setenv("PUSHGLANCE_BUDGET__PUSHES", "")
    monkeypatch.setenv("PUSHGLANCE_MQTT__HOST", "")
    settings = load(_GLANCE)
    assert (settings.budget.pushes, settings.mqtt) == (50, None)


def test_watch_budget(load):
    """What a watch's budget leaves out is as in [budget]."""
    settings = load(
        "[budget]\npushes = 40\nspacing = '1h'\n"
        "[watches.anna]\ndevice = 'a'\nglance.title = 'x'\nbudget.pushes = 10\n"
        "[watches.ben]\ndevice = 'b'\nglance.title = 'x'\nbudget.spacing = '0s'\n"
    )
    assert [(watch.pushes, watch.spacing.text) for watch in resolve_watches(settings)] == [(10, "1h"), (40, "0s")]
