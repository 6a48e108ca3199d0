"""`pushglance replay` as a command: the report, JSON lines, charts and errors."""

import json
import os
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from pushglance.cli.simulation import replay as command
from pushglance.errors import PushglanceError
from pushglance.replay import chart

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
    """Write settings, and a recording of a tank and of a door that opens each half hour for a day and a half."""
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


def test_replay_needs_no_keys_and_prints_a_report(replay):
    """Key files need not exist; the report has pushes, delays, shares and scores."""
    report = replay().output
    assert re.search(r"trace\.csv: 217 lines, 2 days", report)
    assert re.search(r"watch: \d+ pushes, at most \d+ in any 24 hours", report)
    assert re.search(r"garage \d+\.\d\d %, tank \d+\.\d\d % of the time", report)
    assert re.search(r"early +\d+ % of the pushes came sooner than the spacing \(\d+ min\)", report)
    assert re.search(r"\d+ (s|min|h)( \d+ (s|min))? at most for a contact or text without a break", report)
    assert re.search(r"worst day +\d+\.\d\d times the simple policy .* 95 % of the days at most \d+\.\d\d", report)
    assert re.search(r"urgent +\d+ changes, \d+ of them undone", report)
    assert re.search(r"cost +\d+\.\d\d times the best possible per calendar day, \d+\.\d\d times a lower bound", report)
    assert re.search(r"\d+ events per second", report)


def test_json_lines_hold_each_push_and_then_the_summary(replay, files):
    """Each push has its time, watch and fields; the summary agrees with them."""
    assert replay("--json", files / "out.jsonl").exit_code == 0
    *pushes, last = [json.loads(line) for line in (files / "out.jsonl").read_text().splitlines()]
    summary = last["summary"]
    assert [set(push) for push in pushes] == [{"at", "watch", "fields"}] * len(pushes)
    assert pushes[0]["watch"] == "watch"
    assert pushes[0]["fields"]["text"] == "Garage closed"
    assert [push["at"] for push in pushes] == sorted(push["at"] for push in pushes)
    assert summary["pushes"] == summary["watches"]["watch"]["pushes"] == len(pushes) > 40
    at = [push["at"] for push in pushes]
    assert summary["most_in_24h"] == max(sum(start <= other < start + 86_400 for other in at) for start in at) <= 50
    watch = summary["watches"]["watch"]
    assert watch["score"] >= 1
    assert 0 < watch["excess"]["p95_of_days"] <= watch["excess"]["worst_day"]
    assert 0 <= watch["early_share"] < 1
    assert watch["longest_wrong_s"] <= watch["urgent_delay_s"]["worst"]
    assert summary["days"] == 2


def test_json_can_go_to_stdout(files):
    """With --json - the report goes to stderr."""
    arguments = [str(files / "trace.csv"), "--config", str(files / "pushglance.toml"), "--json", "-"]
    process = subprocess.run(
        [sys.executable, "-m", "pushglance", "replay", *arguments], capture_output=True, text=True, timeout=60
    )
    assert process.returncode == 0, process.stderr
    assert "summary" in json.loads(process.stdout.splitlines()[-1])
    assert "in any 24 hours" in process.stderr


def test_same_recording_gives_the_same_pushes(replay, files):
    """Two replays differ in their speed only."""
    runs = []
    for name in ("first", "second"):
        replay("--json", files / name)
        runs.append((files / name).read_text().splitlines()[:-1])
    assert runs[0] == runs[1]


def test_no_push_arrives_during_an_outage(replay, files):
    """The attempts are counted."""
    report = replay("--outage", "2017-04-12T18:00..2017-04-12T20:00", "--json", files / "out.jsonl").output
    assert re.search(r"\d+ attempts during outages", report)
    *pushes, last = [json.loads(line) for line in (files / "out.jsonl").read_text().splitlines()]
    assert not [push for push in pushes if NOON + 6 * 3600 <= push["at"] < NOON + 8 * 3600]
    assert last["summary"]["unsent"] > 0


def test_days_are_those_of_the_time_zone(replay, files):
    """In Tokyo this recording spans three days, not two."""
    replay("--timezone", "Asia/Tokyo", "--json", files / "out.jsonl")
    assert json.loads((files / "out.jsonl").read_text().splitlines()[-1])["summary"]["days"] == 3


def test_charts_are_drawn(replay, files):
    """The SVG has the names of the sensors and the titles of the panels as text."""
    assert replay("--plot", files / "out.png", "--from", "2017-04-12T15:00", "--to", "2017-04-12T21:00").exit_code == 0
    assert (files / "out.png").read_bytes().startswith(b"\x89PNG")
    assert replay("--plot", files / "out.svg").exit_code == 0
    svg = (files / "out.svg").read_text()
    assert svg.startswith("<?xml")
    for word in ("garage, urgent", "tank", "pushes left", "shown on the watch"):
        assert word in svg


@pytest.mark.parametrize(
    ("begin", "expected_ms"), [("0", 0), (str(NOON + 3600), (NOON + 3600) * 1000), (None, NOON * 1000)]
)
def test_chart_begins_where_it_is_asked_to(replay, files, monkeypatch, begin, expected_ms):
    """Also in 1970, which is a time like any other; without --from it begins with the recording."""
    begins = []
    monkeypatch.setattr(chart, "draw", lambda _plot, _finished, price_log, *_: begins.append(price_log.begin_ms))
    assert replay("--plot", files / "out.svg", *(("--from", begin) if begin else ())).exit_code == 0
    assert begins == [expected_ms]


def test_unknown_sensor_is_an_error_or_skipped(replay, files):
    """With --skip-unknown its lines are counted."""
    with (files / "trace.csv").open("a") as file:
        file.write(f"{NOON + 200_000},cellar,1\n")
    with pytest.raises(PushglanceError, match="unknown sensor 'cellar'"):
        replay()
    assert "skipped: cellar (1 lines)" in replay("--skip-unknown").output


def test_sensor_without_lines_is_named(replay, files):
    """The settings may have more sensors than the recording."""
    text = (files / "trace.csv").read_text()
    (files / "trace.csv").write_text("\n".join(line for line in text.splitlines() if "tank" not in line))
    assert "not in the recording: tank" in replay().output


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--plot", "out.pdf"), r"--plot out\.pdf: the name must end with \.png or \.svg"),
        (("--outage", "noon..one"), r"'noon' is not a valid time"),
        (("--timezone", "Mars"), r"unknown time zone 'Mars'"),
        (("--json", "nowhere/out.jsonl"), r"cannot write the pushes"),
        (("--plot", "nowhere/out.png"), r"cannot write the picture"),
    ],
)
def test_invalid_options_are_errors(replay, files, monkeypatch, options, sentence):
    """The error says what to write."""
    monkeypatch.chdir(files)
    try:
        output = replay(*options).output
    except PushglanceError as error:
        output = str(error)
    assert re.search(sentence, output)


def test_missing_numpy_is_an_error(replay, monkeypatch):
    """The error has the command that installs the libraries."""
    monkeypatch.setattr(command.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PushglanceError, match=r"numpy, which is not installed: type  .* install .*numpy>="):
        replay()


def test_terminal_shows_a_progress_bar(replay, monkeypatch, capsys):
    """The bar fills as the steps advance."""
    monkeypatch.setattr(command.sys.stderr, "isatty", lambda: True)
    with command._progress() as report_progress:
        report_progress("replaying", 1, 2)
        report_progress("replaying", 2, 2)
    output = capsys.readouterr().err
    assert "replaying" in output
    assert "#" * command._BAR_WIDTH in output
