"""`pushglance replay` as a person types it: no keys, a report, JSON lines, pictures, and sentences for mistakes."""

import json
import os
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from pushglance.cli.simulation import replay as command
from pushglance.errors import PushglanceError

SETTINGS = """
[sensors.garage]
kind = "contact"
gpio = 17
open = "Garage open"
closed = "Garage closed"
urgent = true
[sensors.tank]
kind = "gauge"
mqtt = "garden/tank"
[mqtt]
host = "localhost"
password_file = "nowhere/password"
[pushover]
token_file = "nowhere/token"
user_file = "nowhere/user"
[glance]
text = "{garage}"
percent = "{tank}"
"""
NOON = 1_491_998_400  # 2017-04-12 12:00 UTC


@pytest.fixture(autouse=True)
def _without_keys(monkeypatch):
    for name in list(os.environ):
        if name.startswith("PUSHGLANCE_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)


@pytest.fixture
def files(tmp_path):
    """Write settings, and a recording of a door that opens each half hour for a day and a half, and of a tank."""
    (tmp_path / "pushglance.toml").write_text(SETTINGS)
    lines = ["unix_time,sensor,value", f"{NOON},garage,0"]
    for number in range(72):
        at = NOON + 1800 * number
        lines += [f"{at + 60},garage,1", f"{at + 90},tank,{number}", f"{at + 120}.5,garage,0"]
    (tmp_path / "trace.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.fixture
def replay(files):
    """Return a function that runs the command on these files."""

    def replay(*options):
        arguments = [str(files / "trace.csv"), "--config", str(files / "pushglance.toml"), *map(str, options)]
        return CliRunner().invoke(command.replay_command, arguments, catch_exceptions=False)

    return replay


def test_a_replay_needs_no_keys_and_tells_what_happened(replay):
    """Key files that do not exist matter to nobody; the report has pushes, delays, shares and scores."""
    told = replay().output
    assert re.search(r"trace\.csv: 217 lines, 2 days", told)
    assert re.search(r"watch: \d+ pushes, at most \d+ in any 24 hours", told)
    assert re.search(r"garage \d+\.\d\d %, tank \d+\.\d\d % of the time", told)
    assert re.search(r"urgent +\d+ changes, \d+ of them undone", told)
    assert re.search(r"hindsight +\d+\.\d\d of the best possible on each calendar day, \d+\.\d\d of a bound", told)
    assert re.search(r"\d+ state events per second", told)


def test_json_lines_hold_each_push_and_then_the_summary(replay, files):
    """Each push has its time, watch and fields; what the summary says can be counted from them."""
    assert replay("--json", files / "out.jsonl").exit_code == 0
    *pushes, last = [json.loads(line) for line in (files / "out.jsonl").read_text().splitlines()]
    summary = last["summary"]
    assert [set(push) for push in pushes] == [{"at", "watch", "fields"}] * len(pushes)
    assert pushes[0]["watch"] == "watch"
    assert pushes[0]["fields"]["text"] == "Garage closed"
    assert [push["at"] for push in pushes] == sorted(push["at"] for push in pushes)
    assert summary["pushes"] == summary["watches"]["watch"]["pushes"] == len(pushes) > 40
    at = [push["at"] for push in pushes]
    assert summary["most_in_24h"] == max(sum(one <= other < one + 86_400 for other in at) for one in at) <= 50
    assert summary["watches"]["watch"]["score"] >= 1
    assert summary["days"] == 2


def test_json_may_go_to_the_standard_output(files):
    """With --json - the lines stand alone there, and the report beside them."""
    words = [str(files / "trace.csv"), "--config", str(files / "pushglance.toml"), "--json", "-"]
    ended = subprocess.run(
        [sys.executable, "-m", "pushglance", "replay", *words], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert "summary" in json.loads(ended.stdout.splitlines()[-1])
    assert "in any 24 hours" in ended.stderr


def test_the_same_recording_gives_the_same_pushes(replay, files):
    """Nothing is drawn by chance: two replays differ in their speed only."""
    runs = []
    for name in ("one", "two"):
        replay("--json", files / name)
        runs.append((files / name).read_text().splitlines()[:-1])
    assert runs[0] == runs[1]


def test_an_outage_keeps_pushes_away(replay, files):
    """No push arrives in an outage, and attempts are counted."""
    told = replay("--outage", "2017-04-12T18:00..2017-04-12T20:00", "--json", files / "out.jsonl").output
    assert re.search(r"\d+ attempts in outages", told)
    *pushes, last = [json.loads(line) for line in (files / "out.jsonl").read_text().splitlines()]
    assert not [push for push in pushes if NOON + 6 * 3600 <= push["at"] < NOON + 8 * 3600]
    assert last["summary"]["unsent"] > 0


def test_days_are_those_of_the_time_zone(replay, files):
    """In Tokyo this recording touches three days, not two."""
    replay("--timezone", "Asia/Tokyo", "--json", files / "out.jsonl")
    assert json.loads((files / "out.jsonl").read_text().splitlines()[-1])["summary"]["days"] == 3


def test_pictures_are_drawn(replay, files):
    """A PNG and an SVG, the latter with the sensors' names and the panels' titles as text."""
    assert replay("--plot", files / "out.png", "--from", "2017-04-12T15:00", "--to", "2017-04-12T21:00").exit_code == 0
    assert (files / "out.png").read_bytes().startswith(b"\x89PNG")
    assert replay("--plot", files / "out.svg").exit_code == 0
    words = (files / "out.svg").read_text()
    assert words.startswith("<?xml")
    for word in ("garage, urgent", "tank", "pushes left", "shown on the watch"):
        assert word in words


def test_what_the_settings_do_not_name_is_refused_or_skipped(replay, files):
    """A line of another sensor ends the replay with a sentence, or is passed over and counted."""
    with (files / "trace.csv").open("a") as file:
        file.write(f"{NOON + 200_000},cellar,1\n")
    with pytest.raises(PushglanceError, match="name no sensor 'cellar'"):
        replay()
    assert "skipped: cellar (1 lines)" in replay("--skip-unknown").output


def test_a_sensor_that_is_not_recorded_is_told(replay, files):
    """Settings may have more sensors than the recording; they are named, since nothing is known of them."""
    text = (files / "trace.csv").read_text()
    (files / "trace.csv").write_text("\n".join(line for line in text.splitlines() if "tank" not in line))
    assert "not in the recording: tank" in replay().output


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--plot", "out.pdf"), r"--plot draws \.png or \.svg"),
        (("--outage", "noon..one"), r"'noon' is no instant"),
        (("--timezone", "Mars"), r"'Mars' is no time zone"),
        (("--json", "nowhere/out.jsonl"), r"cannot write the pushes"),
        (("--plot", "nowhere/out.png"), r"cannot write the picture"),
    ],
)
def test_mistakes_are_sentences(replay, files, monkeypatch, options, sentence):
    """What was typed wrongly is told with what would be right."""
    monkeypatch.chdir(files)
    try:
        told = replay(*options).output
    except PushglanceError as error:
        told = str(error)
    assert re.search(sentence, told)


def test_without_numpy_a_sentence_says_what_to_type(replay, monkeypatch):
    """Replays need libraries that the agent does not have."""
    monkeypatch.setattr(command.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PushglanceError, match=r"numpy, which is not installed; .*pip install 'pushglance\[replay\]'"):
        replay()


def test_a_terminal_sees_how_far_it_is(replay, monkeypatch, capsys):
    """On a terminal a bar fills while lines are replayed and while hindsight is computed."""
    monkeypatch.setattr(command.sys.stderr, "isatty", lambda: True)
    with command._progress() as tell:
        tell("replaying", 1, 2)
        tell("replaying", 2, 2)
    told = capsys.readouterr().err
    assert "replaying" in told
    assert "#" * command._BAR_CHARACTERS in told
