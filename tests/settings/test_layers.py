"""Layers of settings: the environment over credentials and secret files over the TOML file."""

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
def test_strongest_layer_wins(write, tmp_path, monkeypatch, credentials, ways, letter, origin):
    """The strongest layer that has a secret wins, and the secret has its origin."""
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


def test_token_user_and_password_can_be_credentials(write, credentials):
    """Token, user and password can be credentials; the password alone does not enable a broker."""
    for name, text in (("pushover_token", _key("t")), ("pushover_user", _key("u")), ("mqtt_password", "p w")):
        (credentials / name).write_text(text)
    assert load_settings(write(_GLANCE)).mqtt is None
    settings = load_settings(write(f"{_GLANCE}[mqtt]\nhost = 'h'\nusername = 'n'"))
    assert settings.mqtt.password.get_secret_value() == "p w"


def test_empty_credential_counts_as_missing(write, keys, credentials):
    """An empty credential counts as missing; the shipped unit provides it so."""
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
        (
            b"x" * 5000,
            "cannot read {path} (it is larger than 4096 bytes); write the secret into that file, or name another file",
        ),
        (
            b"x" * 29,
            "a Pushover key is 30 letters and digits, but this one has 29 characters; copy it again from pushover.net",
        ),
    ],
)
def test_unusable_secret_file_gives_one_sentence(issues, monkeypatch, tmp_path, content, sentence):
    """A secret file that cannot be used gives one sentence."""
    monkeypatch.delenv("PUSHGLANCE_PUSHOVER__USER")
    path = tmp_path / "user"
    if content is not None:
        path.write_bytes(content)
    assert issues(f"[pushover]\nuser_file = 'user'\n{_GLANCE}") == ["pushover.user: " + sentence.format(path=path)]


def test_unreadable_credential_gives_one_sentence(issues, monkeypatch, credentials):
    """A credential that cannot be read gives one sentence."""
    monkeypatch.delenv("PUSHGLANCE_PUSHOVER__TOKEN")
    (credentials / "pushover_token").mkdir()
    [line] = issues(_GLANCE)
    assert line.startswith(f"pushover.token: cannot read {credentials}/pushover_token (it is a directory)")


def test_secret_and_its_file_contradict_each_other(issues, monkeypatch, tmp_path):
    """A secret and its file must not both be set."""
    monkeypatch.delenv("PUSHGLANCE_PUSHOVER__USER")
    lines = issues(f"[pushover]\nuser = '{_key('u')}'\nuser_file = 'x'\n{_GLANCE}")
    assert lines == ["pushover.user: user and user_file are both set; keep one of them"]
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN_FILE", "/x")
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__USER", _key("u"))
    [line] = issues(_GLANCE)
    assert line == "PUSHGLANCE_PUSHOVER__TOKEN: token and token_file are both set; keep one of them"


def test_user_file_of_a_watch(load, tmp_path):
    """A watch can have its user in a file; without one it has the user of [pushover]."""
    (tmp_path / "anna").write_text(_key("a"))
    settings = load(
        "[watches.anna]\nuser_file = 'anna'\nglance.title = 'x'\n[watches.ben]\ndevice = 'b'\nglance.title = 'y'"
    )
    assert settings.watches["anna"].user.get_secret_value() == _key("a")
    assert settings.watches["ben"].user is None


@pytest.mark.parametrize("key", ["BUDGET__RESETS_AT", "MQTT__HOST", "MQTT__PASSWORD"])
def test_variable_that_is_not_utf8_gives_an_error(issues, monkeypatch, key):
    """A variable with bytes that are not UTF-8 is an error, which does not show the value."""
    monkeypatch.setenv(f"PUSHGLANCE_{key}", "4\udcff")
    monkeypatch.setenv("PUSHGLANCE_CONFIG", "/a path may be \udcff")
    assert issues(_GLANCE) == [f"PUSHGLANCE_{key}: it is not UTF-8 text"]


def test_environment_can_set_every_key(load, monkeypatch):
    """The environment can set numbers, words, durations, lists, booleans and whole sensors."""
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


def test_empty_variable_is_ignored(load, monkeypatch):
    """An empty variable is ignored; an EnvironmentFile can contain such."""
    monkeypatch.setenv("PUSHGLANCE_BUDGET__PUSHES", "")
    monkeypatch.setenv("PUSHGLANCE_MQTT__HOST", "")
    settings = load(_GLANCE)
    assert (settings.budget.pushes, settings.mqtt) == (50, None)


def test_budget_of_a_watch_inherits_missing_keys(load):
    """Keys that the budget of a watch leaves out are those of [budget]."""
    settings = load(
        "[budget]\npushes = 40\nspacing = '1h'\n"
        "[watches.anna]\ndevice = 'a'\nglance.title = 'x'\nbudget.pushes = 10\n"
        "[watches.ben]\ndevice = 'b'\nglance.title = 'x'\nbudget.spacing = '0s'\n"
    )
    assert [(watch.pushes, watch.spacing.text) for watch in resolve_watches(settings)] == [(10, "1h"), (40, "0s")]
