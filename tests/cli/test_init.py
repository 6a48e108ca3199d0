"""`pushglance init` as a person meets it: on a terminal, with pins that move and a broker that speaks."""

import os
import stat
import tomllib

import pytest
from paho.mqtt import publish

from pushglance.cli.setup.detect import TOPICS_MAX, VALUES_MAX, guess_kind, listen, values_in
from pushglance.cli.setup.init import _write_secrets
from pushglance.cli.setup.settings_writer import draft_settings
from pushglance.errors import PushglanceError
from pushglance.settings import load_settings
from support.servers.broker import Broker
from support.terminal import Terminal

KEY = "a" * 30


def test_a_pin_is_found_by_moving_the_magnet(tmp_path):
    """Nobody need know a pin's number; the file that is written is right, and the keys stand in files of their own."""
    file, hand = tmp_path / "mine.toml", tmp_path / "hand"
    os.mkfifo(hand)
    with Terminal("init", str(file), "--factory", "mock", "--hand", str(hand)) as person:
        person.answer("Application token", "too short")
        person.expect("A key has 30 letters and digits")
        person.answer("Application token", KEY)
        person.answer("User key", KEY)
        person.answer("Number [1]", "1")
        person.answer("find it by moving the magnet", "")
        person.expect("Move the magnet now")
        with hand.open("w") as fifo:
            fifo.write("pin 22 0\npin 22 1\npin 22 0\npin 22 1\n")
        person.expect("GPIO 22 moved")
        person.answer("A name for it [door]", "Garage Authenticator")
        person.expect("begins with a small letter")
        person.answer("A name for it [door]", "garage")
        person.answer("Is it open right now?", "n")
        person.answer("Words when it is open [Garage open]", 'The "gate" is open')
        person.answer("Words when it is closed [Garage closed]", "")
        person.answer("Is it urgent", "y")
        person.answer("Number [4]", "2")
        person.answer("BCM number", "27")
        person.answer("A name for it [pulses]", "visitors")
        person.answer("midnight", "")
        person.answer("Number [4]", "")
        person.expect("is written")
        assert person.end() == 0, person.text
    assert KEY not in person.text
    written = tomllib.loads(file.read_text())
    assert written["sensors"]["garage"] == {
        "kind": "contact",
        "gpio": 22,
        "invert": True,
        "open": 'The "gate" is open',
        "closed": "Garage closed",
        "urgent": True,
    }
    assert written["sensors"]["visitors"] == {"kind": "counter", "gpio": 27, "resets": "daily"}
    assert written["glance"]["text"] == "{garage} since {garage.since}"
    assert written["pushover"] == {"token_file": "pushover_token", "user_file": "pushover_user"}
    for name in ("pushover_token", "pushover_user"):
        assert (tmp_path / name).read_text() == KEY + "\n"
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    with Terminal("check", "-c", str(file)) as person:
        assert person.end() == 0, person.text


def test_a_topic_is_found_by_listening(tmp_path):
    """What the broker's topics say is offered value by value; the password goes into a file of its own."""
    file = tmp_path / "mine.toml"
    with Broker(tmp_path, users={"house": "open sesame"}) as broker, Terminal("init", str(file)) as person:
        login = {"username": "house", "password": "open sesame"}
        for topic, payload in (("home/tank", '{"level": 63, "unit": {"name": "%"}}'), ("home/note", "hello \x1b[2J")):
            publish.single(topic, payload, retain=True, hostname=broker.host, port=broker.port, auth=login)
        person.answer("Application token", "")
        person.answer("User key", "")
        person.answer("Number [1]", "3")
        person.answer("name or address [localhost]", broker.host)
        person.answer("Its port [1883]", str(broker.port))
        person.answer("User name", "house")
        person.answer("Password", "open sesame")
        person.answer("How many seconds", "2")
        person.expect("home/note  =  hello [2J")
        person.expect("home/tank  /level  =  63")
        person.expect("home/tank  /unit/name  =  %")
        person.answer("Which one", "2")
        person.answer("What is it (contact, gauge, text) [gauge]", "")
        person.answer("A name for it [level]", "tank")
        person.answer("Number [4]", "")
        person.expect("The keys are still missing")
        assert person.end() == 0, person.text
    written = tomllib.loads(file.read_text())
    assert written["sensors"] == {"tank": {"kind": "gauge", "mqtt": "home/tank", "value": "/level"}}
    assert written["mqtt"]["password_file"] == "mqtt_password"
    assert "sesame" not in file.read_text() + person.text
    assert (tmp_path / "mqtt_password").read_text() == "open sesame\n"


def test_a_file_that_is_there_is_not_lost(tmp_path):
    """An existing file is asked about first, and stays with anything but a yes."""
    file = tmp_path / "mine.toml"
    file.write_text("mine")
    with Terminal("init", str(file)) as person:
        person.answer("Write it anew?", "")
        assert person.end() == 1
    assert file.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_of_comments_is_nobodys_work(tmp_path):
    """The settings that scripts/install leaves, all of them commented out, are written over without a question."""
    file = tmp_path / "mine.toml"
    file.write_text('#[sensors.garage]\n\n# a sentence\n#kind = "contact"\n')
    with Terminal("init", str(file), "--factory", "mock") as person:
        person.answer("Application token", "")
        assert "Write it anew?" not in person.text


@pytest.mark.parametrize("line", ["28", "seventeen", "-1"])
def test_a_pin_that_is_none_is_said(tmp_path, line):
    """A number that is no pin of the header gets a sentence and the question again."""
    with Terminal("init", str(tmp_path / "mine.toml"), "--factory", "mock") as person:
        person.answer("Application token", "")
        person.answer("User key", "")
        person.answer("Number [1]", "1")
        person.answer("BCM number", line)
        person.expect("0 to 27")
        person.answer("Number [1]", "4")
        person.expect("without a sensor there is nothing to show")
        assert person.end() == 1
    assert list(tmp_path.iterdir()) == []


def test_a_broker_that_is_away_is_said():
    """No broker, or one that refuses, is the sentence that the agent would log, too."""
    with pytest.raises(PushglanceError, match="no way to the MQTT broker"):
        listen({"host": "127.0.0.1", "port": 9}, 1)


@pytest.mark.parametrize(
    ("payload", "values"),
    [
        (b"on", [("", "on")]),
        (b"21.50", [("", "21.50")]),
        (b'{"a": {"b/c": 1.50}, "d": true, "e": null, "f": []}', [("/a/b~1c", "1.50"), ("/d", "true")]),
        (b'"word"', [("", "word")]),
        (b"\xff\xfe", []),
        (b"", []),
        (b"[" * 5000, [("", "[" * 5000)]),
        (b"a\x1b[2Jb", [("", "a[2Jb")]),
    ],
)
def test_values_of_a_payload(payload, values):
    """A payload is one value, or a tree with a pointer for each; what is none is passed over."""
    assert values_in(payload) == values


def test_what_is_offered_is_bounded():
    """A payload with thousands of values offers as many as one can read."""
    huge = b"{" + b",".join(b'"k%d": %d' % (number, number) for number in range(5000)) + b"}"
    assert len(values_in(huge)) == VALUES_MAX
    assert TOPICS_MAX <= 1000


@pytest.mark.parametrize(
    ("text", "kind"), [("ON", "contact"), ("1", "contact"), ("21.5", "gauge"), ("-3", "gauge"), ("x", "text")]
)
def test_a_guess_is_offered(text, kind):
    """What a value most likely is stands there as the default."""
    assert guess_kind(text) == kind


def test_every_kind_finds_its_place(tmp_path, monkeypatch):
    """A draft of every mix of sensors is accepted by the check, with words that need escaping."""
    for name in list(os.environ):
        if name.startswith("PUSHGLANCE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN", KEY)
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__USER", KEY)
    kinds = {
        "door": {"kind": "contact", "gpio": 4, "open": 'a "b" \\ \x7f ü'},
        "gate": {"kind": "contact", "gpio": 5},
        "pulses": {"kind": "counter", "gpio": 6},
        "tank": {"kind": "gauge", "mqtt": "a/b"},
        "note": {"kind": "text", "mqtt": "a/c"},
    }
    for mask in range(1, 32):
        sensors = [{"name": name} | one for place, (name, one) in enumerate(kinds.items()) if mask >> place & 1]
        file = tmp_path / f"{mask}.toml"
        file.write_text(draft_settings(sensors, {"host": "localhost", "port": 1883}, [], "mock"))
        load_settings(file)


def test_a_new_key_takes_the_place_of_an_encrypted_one(tmp_path, monkeypatch):
    """Where a key was encrypted, a new one is encrypted too, and no plain file is left that nobody reads."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "systemd-creds").write_text('#!/bin/sh\n[ "$1" = encrypt ] && tr a-z A-Z <"$3" >"$4"\n')
    (programs / "systemd-creds").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "pushover_token.encrypted").write_text("FORMER\n")
    _write_secrets({"pushover_token": "new", "pushover_user": "plain"}, folder)
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "pushover_token.encrypted": "NEW\n",
        "pushover_user": "plain\n",
    }
