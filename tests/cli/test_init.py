"""`pushglance init` on a terminal, with pins that change and a broker with messages."""

import os
import stat
import subprocess
import sys
import tomllib

import pytest
from paho.mqtt import publish

from pushglance.cli.setup.detect import listen
from pushglance.cli.setup.secret_files import write_secrets
from pushglance.cli.setup.settings_writer import draft_settings, glance_for
from pushglance.errors import PushglanceError
from pushglance.settings import load_settings
from support.servers.broker import Broker
from support.terminal import Terminal

KEY = "a" * 30


def test_init_finds_a_pin_by_its_edges(tmp_path):
    """The user need not know the pin's number; the written file is valid, and the keys are in separate files."""
    file, hand = tmp_path / "mine.toml", tmp_path / "hand"
    os.mkfifo(hand)
    with Terminal("init", str(file), "--factory", "mock", "--hand", str(hand)) as person:
        person.answer("Application token", "too short")
        person.expect("A key has 30 letters and digits")
        person.answer("Application token", KEY)
        person.answer("User key", KEY)
        person.answer("Number [1]", "1")
        person.answer("to find it by moving the magnet", "")
        person.expect("Move the magnet now")
        with hand.open("w") as fifo:
            fifo.write("pin 22 0\npin 22 1\npin 22 0\npin 22 1\n")
        person.expect("GPIO 22 changed")
        person.answer("A name for it [door]", "Garage Door")
        person.expect("begins with a lower-case letter")
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
    assert (written["glance"]["text"], written["glance"]["subtext"]) == ("{garage}", "since {garage.since}")
    assert "│ since 00:00" in person.text, "the watch is drawn"
    assert written["pushover"] == {"token_file": "pushover_token", "user_file": "pushover_user"}
    for name in ("pushover_token", "pushover_user"):
        assert (tmp_path / name).read_text() == KEY + "\n"
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    with Terminal("check", "-c", str(file)) as person:
        assert person.end() == 0, person.text


def test_init_finds_a_topic_by_listening(tmp_path):
    """Each value of each topic is offered; the password goes into a separate file."""
    file = tmp_path / "mine.toml"
    with Broker(tmp_path, users={"home": "open sesame"}) as broker, Terminal("init", str(file)) as person:
        login = {"username": "home", "password": "open sesame"}
        for topic, payload in (("home/tank", '{"level": 63, "unit": {"name": "%"}}'), ("home/note", "hello \x1b[2J")):
            publish.single(topic, payload, retain=True, hostname=broker.host, port=broker.port, auth=login)
        person.answer("Application token", "")
        person.answer("User key", "")
        person.answer("Number [1]", "3")
        person.answer("name or address [localhost]", broker.host)
        person.answer("Its port [1883]", str(broker.port))
        person.answer("User name", "home")
        person.answer("Password", "open sesame")
        person.answer("How many seconds", "2")
        person.expect("hello [2J")
        person.expect("level")
        person.answer("Which ones", "level")
        person.expect("63  [gauge]")
        person.answer("Which ones", "2")
        person.expect("Picked 1: tank level")
        person.answer("Which ones", "")
        person.answer("Change a name or words", "1")
        person.answer("A name for it [tank_level]", "tank")
        person.answer("Change a name or words", "")
        person.answer("Number [4]", "")
        person.expect("The keys are still missing")
        assert person.end() == 0, person.text
    written = tomllib.loads(file.read_text())
    assert written["sensors"] == {"tank": {"kind": "gauge", "mqtt": "home/tank", "value": "/level"}}
    assert written["mqtt"]["password_file"] == "mqtt_password"
    assert "sesame" not in file.read_text() + person.text
    assert (tmp_path / "mqtt_password").read_text() == "open sesame\n"


def test_file_with_only_comments_is_overwritten_without_a_question(tmp_path):
    """The file that scripts/install leaves has only comments, so it is overwritten without a question."""
    file = tmp_path / "mine.toml"
    file.write_text('#[sensors.garage]\n\n# a sentence\n#kind = "contact"\n')
    with Terminal("init", str(file), "--factory", "mock") as person:
        person.answer("Application token", "")
        assert "exists" not in person.text


@pytest.mark.parametrize("line", ["28", "seventeen", "-1"])
def test_invalid_pin_gets_an_error_and_the_question_again(tmp_path, line):
    """A number that is not a pin of the header gets an error and the question again."""
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


def test_unreachable_broker_gives_the_error_that_the_agent_logs():
    """An unreachable broker gives the same error that the agent would log."""
    with pytest.raises(PushglanceError, match="Cannot connect to the MQTT broker"):
        listen({"host": "127.0.0.1", "port": 9}, 1)


def test_draft_of_every_mix_of_kinds_is_valid(tmp_path, monkeypatch):
    """A draft with any mix of sensors loads, also with words that need escaping."""
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
        sensors = [{"name": name} | keys for bit, (name, keys) in enumerate(kinds.items()) if mask >> bit & 1]
        file = tmp_path / f"{mask}.toml"
        file.write_text(draft_settings(sensors, {"host": "localhost", "port": 1883}, [], "mock"))
        load_settings(file)


def test_draft_has_comments_and_one_empty_line_between_tables():
    """The written file is laid out like the examples, and says where all keys are described."""
    sensors = [{"name": "door", "kind": "contact", "gpio": 4}, {"name": "tank", "kind": "gauge", "mqtt": "a/b"}]
    assert (
        draft_settings(sensors, {"host": "localhost"}, ["pushover_token"], "lgpio")
        == """\
# Written by pushglance init. All keys: config/reference.md. After a change: pushglance check

[pushover]
token_file = "pushover_token"

[mqtt]
host = "localhost"

[sensors.door]
kind = "contact"
gpio = 4

[sensors.tank]
kind = "gauge"
mqtt = "a/b"

[glance]
# What the watch shows: {name} is the value of a sensor, {name.since} the time of a contact's last change.
# A line has about 20 characters; pushglance check draws them.
title = "Home"
text = "{door}"
subtext = "since {door.since}"
percent = "{tank}"
"""
    )


def test_ring_shows_a_gauge_that_goes_to_100():
    """The percent of the glance is a gauge that goes from 0 to 100 by unit or name, not just any number."""
    sensors = [{"name": name, "kind": "gauge", "mqtt": f"a/{name}"} for name in ("pressure", "tank_level")]
    assert glance_for(sensors)["percent"] == "{tank_level}"
    assert "percent" not in glance_for(sensors[:1])


def test_new_key_replaces_an_encrypted_one(tmp_path, monkeypatch):
    """If a key was encrypted, the new one is encrypted too, and no plain file is left."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "systemd-creds").write_text('#!/bin/sh\n[ "$1" = encrypt ] && tr a-z A-Z <"$3" >"$4"\n')
    (programs / "systemd-creds").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "pushover_token.encrypted").write_text("PREVIOUS\n")
    write_secrets({"pushover_token": "new", "pushover_user": "plain"}, folder)
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "pushover_token.encrypted": "NEW\n",
        "pushover_user": "plain\n",
    }


_MINE = """\
# The door, wired by me.
[sensors.door]   # on the left
kind = "contact"
gpio = 17

[glance]
title = "Home"   # short
text = "{door}"
"""


def test_sensors_are_added_to_a_file_that_keeps_its_comments(tmp_path):
    """What was written by hand stays as it is; the new sensor gets a free name and pin, and is shown."""
    file = tmp_path / "mine.toml"
    file.write_text(_MINE)
    with Terminal("init", str(file), "--factory", "mock") as person:
        person.answer("leave) [add]", "")
        person.answer("Number [1]", "1")
        person.answer("BCM number", "17")
        person.expect("that no other sensor uses")
        person.answer("Number [1]", "1")
        person.answer("BCM number", "pin 15")
        person.answer("A name for it [door_2]", "gate")
        person.answer("Words when it is open", "")
        person.answer("Words when it is closed", "")
        person.answer("Is it urgent", "n")
        person.answer("Number [4]", "")
        person.expect("is written")
        assert person.end() == 0, person.text
    text = file.read_text()
    assert text.startswith(_MINE.rstrip())
    assert tomllib.loads(text)["sensors"]["gate"] == {
        "kind": "contact",
        "gpio": 22,
        "open": "Gate open",
        "closed": "Gate closed",
    }
    assert tomllib.loads(text)["glance"]["subtext"] == "{gate}"


def test_broker_of_an_existing_file_is_used(tmp_path):
    """The broker and its password are not asked for again, and the password stays where it is."""
    file = tmp_path / "mine.toml"
    (tmp_path / "secret").write_text("open sesame\n")
    with Broker(tmp_path / "broker", users={"home": "open sesame"}) as broker:
        file.write_text(
            f'[mqtt]\nhost = "{broker.host}"\nport = {broker.port}\nusername = "home"\npassword_file = "secret"\n'
            + _MINE
        )
        broker.publish("garden/tank", "63", retain=True)
        with Terminal("init", str(file)) as person:
            person.answer("leave) [add]", "add")
            person.answer("Number [1]", "3")
            person.answer("How many seconds", "1")
            person.answer("Which ones", "1")
            person.answer("Which ones", "")
            person.answer("Change a name or words", "")
            person.answer("Number [4]", "")
            assert person.end() == 0, person.text
    assert "sesame" not in person.text + file.read_text()
    assert tomllib.loads(file.read_text())["sensors"]["garden_tank"] == {"kind": "gauge", "mqtt": "garden/tank"}


@pytest.mark.parametrize("choice", ["leave", "replace"])
def test_existing_file_is_left_or_kept(tmp_path, choice):
    """A file is left alone, or replaced and kept under another name, as its owner chooses."""
    file = tmp_path / "mine.toml"
    file.write_text(_MINE)
    with Terminal("init", str(file), "--factory", "mock") as person:
        person.answer("leave) [add]", choice)
        if choice == "replace":
            for question, line in (("token", ""), ("User key", ""), ("Number", "2"), ("BCM", "4"), ("A name", "")):
                person.answer(question, line)
            person.answer("midnight", "")
            person.answer("Number [4]", "")
        assert person.end() == (1 if choice == "leave" else 0), person.text
    kept = file if choice == "leave" else tmp_path / "mine.toml.old"
    assert kept.read_text() == _MINE


def test_file_with_errors_is_not_added_to(tmp_path):
    """The errors of an existing file are shown, and it stays unless its owner wants to replace it."""
    file = tmp_path / "mine.toml"
    file.write_text("title = Home")
    with Terminal("init", str(file)) as person:
        person.expect('text needs quotes; write title = "Home"')
        person.answer("Replace it?", "")
        assert person.end() == 1
    assert file.read_text() == "title = Home"
    assert list(tmp_path.iterdir()) == [file]


def test_without_a_terminal_it_names_what_it_needs(tmp_path):
    """Without a terminal there is one error with what to type, and no file."""
    command = [sys.executable, "-m", "pushglance", "init", str(tmp_path / "mine.toml")]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "ssh -t HOST pushglance init" in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["folder", "missing/x.toml"])
def test_place_that_cannot_be_written_is_refused_at_once(tmp_path, place):
    """A folder instead of a file, and a folder that cannot be made, are named before any question."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "missing").write_text("a file")
    with Terminal("init", str(tmp_path / place)) as person:
        person.expect("is a folder; name the file" if place == "folder" else "may not write to")
        assert person.end() == 1
    assert "Application token" not in person.text


def test_file_that_cannot_be_added_to_stays(tmp_path):
    """If the result would have errors, the file stays as it is, and what was to be written is shown."""
    file = tmp_path / "mine.toml"
    file.write_text('sensors = { a = { kind = "contact", gpio = 4 } }\nglance = { text = "{a}" }\n')
    before = file.read_text()
    with Terminal("init", str(file), "--factory", "mock") as person:
        for question, line in (("[add]", ""), ("Number", "2"), ("BCM", "17"), ("A name", "rain"), ("midnight", "")):
            person.answer(question, line)
        person.answer("Number [4]", "")
        person.expect("was not changed, because it would have errors")
        person.expect("[sensors.rain]")
        assert person.end() == 2
    assert file.read_text() == before
    assert list(tmp_path.iterdir()) == [file]
