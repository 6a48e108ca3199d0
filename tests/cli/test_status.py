"""Commands that only read: status, history, logs, completion and --version, with and without an agent."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from pushglance.cli.daemon.status_lines import status_lines
from pushglance.sandbox import Sandbox
from support.agent.agent_process import AgentProcess
from support.terminal import Terminal

COLOUR = "\x1b["


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    """An agent with a closed door, a tank that waits in a pause, and a note with control characters."""
    with Sandbox() as sandbox:
        agent = AgentProcess(Path(tmp_path_factory.mktemp("c")), sandbox)
        agent.write_settings(note=("[glance]", '[sensors.note]\nkind = "text"\nmqtt = "home/note"\n\n[glance]'))
        try:
            agent.start()
            agent.move_door(0)
            agent.simulate('topic garden/tank {"level": 62}', "topic home/note \x1b[2Jgone?")
            agent.wait_for_screen(text="Garage closed", percent="62")
            agent.wait_until_settled()
            assert agent.run_command("pause").returncode == 0
            agent.simulate('topic garden/tank {"level": 40}')
            agent.wait_for_reading("tank", "40")
            agent.wait_for(lambda: agent.status()["watches"]["watch"]["pending"])
            yield agent
        finally:
            agent.close()


def output_on_terminal(agent, *arguments, **more):
    """Return the output of a command on a terminal."""
    directories = {name: agent.environment[name] for name in ("STATE_DIRECTORY", "RUNTIME_DIRECTORY")}
    with Terminal(*arguments, **directories, **more) as person:
        assert person.end() == 0, person.text
        return person.text


def test_status_shows_the_state_and_the_reason_to_wait(agent):
    """Status has the shown and pending fields, the reason and the limit of the wait; a pipe gets no colours."""
    output = agent.run_command("status").stdout
    for words in (
        "shows  percent  62",
        "next   percent  40",
        "of 50 pushes left; the next one comes back in",
        "delivered",
    ):
        assert words in output, output
    assert "paused until it is ended; to end the pause type pushglance pause --off" in output
    assert output.count("paused") == 1
    assert COLOUR not in output


def test_status_has_colours_on_a_terminal_without_no_color(agent):
    """On a terminal there are colours; NO_COLOR switches them off."""
    assert COLOUR in output_on_terminal(agent, "status")
    assert COLOUR not in output_on_terminal(agent, "status", NO_COLOR="1")
    assert COLOUR in output_on_terminal(agent, "status", NO_COLOR="")


def test_status_escapes_control_characters_of_a_payload(agent):
    """Control characters of a payload are never written to the terminal."""
    assert "\x1b[2J" not in output_on_terminal(agent, "status")


def test_status_shows_since_when_and_no_empty_lines(agent):
    """A contact that was seen to change has the day and time; a blank text is named as such."""
    status = json.loads(agent.run_command("status", "--json").stdout)
    contact = status["sensors"]["garage"] | {"since_local_s": 14 * 3600, "age_ms": 999_000}
    tank = status["sensors"]["tank"] | {"age_ms": 125_000}
    blank = status["sensors"]["note"] | {"text": " ", "age_ms": 5_000}
    watch, unseen = status["watches"]["watch"], {"since_local_s": -1}
    watch = watch | {"shown": watch["shown"] | {"text": ""}, "pending": {"subtext": " "}}
    changed = status | {"sensors": {"garage": contact, "tank": tank, "note": blank}, "watches": {"watch": watch}}
    lines = [click.unstyle(line) for line in status_lines(changed, [])]
    assert "  garage           Garage closed  since Thu 14:00" in lines
    assert "  tank             40  3 min ago" in lines
    assert "  note             (blank)" in lines
    assert "  shows  text     (blank)" in lines
    assert "  next   subtext  (blank)" in lines
    lines = [click.unstyle(line) for line in status_lines(changed | {"sensors": {"garage": contact | unseen}}, [])]
    assert "  garage           Garage closed" in lines, "the time of a change that was not seen is not invented"


def test_tables_fit_the_terminal(agent):
    """On a terminal no line of status and history is longer than it; words are never cut."""
    for command in ("status", "history"):
        text = click.unstyle(output_on_terminal(agent, command, COLUMNS="60"))
        assert "Garage closed" in " ".join(text.split())
        assert all(len(line) <= 60 or " " not in line.strip() for line in text.splitlines()), text


def test_replies_as_json(agent):
    """Commands to the agent print one JSON object for each watch or counter, also when they are rejected."""
    reply = json.loads(agent.run_command("pause", "--json").stdout)
    assert reply == {"subject": "watch", "done": True, "message": reply["message"]}
    rejected = agent.run_command("set-total", "tank", "5", "--json")
    assert rejected.returncode == 1
    assert json.loads(rejected.stdout)["done"] is False


def test_status_as_json(agent):
    """--json prints the status and the last pushes."""
    status = json.loads(agent.run_command("status", "--json").stdout)
    assert status["watches"]["watch"]["pending"] == {"percent": "40"}
    assert status["pushes"][0]["outcome"] == "delivered"


def test_status_watch_json_prints_a_line_for_each_change(agent):
    """With --watch --json each change is a line; Ctrl-C ends it with exit code 0."""
    command = [sys.executable, "-m", "pushglance", "status", "--watch", "--json"]
    process = subprocess.Popen(command, env=agent.environment, stdout=subprocess.PIPE, text=True)
    try:
        assert json.loads(process.stdout.readline())["sensors"]["tank"]["text"] == "40"
        agent.simulate('topic garden/tank {"level": 30}')
        while json.loads(process.stdout.readline())["sensors"]["tank"]["text"] != "30":
            pass
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_status_watch_updates_in_place_on_a_terminal(agent):
    """On a terminal the new state overwrites the old one, and Ctrl-C ends it."""
    directories = {name: agent.environment[name] for name in ("STATE_DIRECTORY", "RUNTIME_DIRECTORY")}
    with Terminal("status", "--watch", **directories) as person:
        person.expect("sensors")
        agent.simulate('topic garden/tank {"level": 20}')
        person.expect("\x1b[H")
        person.expect("20")
        person.process.send_signal(signal.SIGINT)
        assert person.end() == 0


def test_history_shows_pushes_and_days(agent):
    """History has the last pushes with their request ids, and a line for each day; also as JSON."""
    output = agent.run_command("history").stdout
    assert re.search(r"delivered .*text 'Garage closed'.*\[request [\w-]+\]", output)
    assert re.search(r"1 delivered to watch, garage 1 changes", output)
    as_json = json.loads(agent.run_command("history", "--json", "--pushes", "1").stdout)
    assert as_json["pushes"][0]["sent"]["text"] == "Garage closed"
    assert {"garage", "tank"} <= {row["sensor"] for row in as_json["days"]}


def test_history_without_a_store(tmp_path):
    """Without a store, history prints that there was no push."""
    environment = os.environ | {"STATE_DIRECTORY": str(tmp_path)}
    command = [sys.executable, "-m", "pushglance", "history"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, f"no push was made yet, by the store in {tmp_path}\n")


def completions(agent, words):
    """Return what a shell offers after these words."""
    environment = agent.environment | {
        "_PUSHGLANCE_COMPLETE": "bash_complete",
        "COMP_WORDS": f"pushglance {words}",
        "COMP_CWORD": str(len(words.split(" "))),
    }
    result = subprocess.run([sys.executable, "-m", "pushglance"], env=environment, capture_output=True, text=True)
    return [line.partition(",")[2] for line in result.stdout.splitlines()]


def test_shell_completes_commands_counters_and_watches(agent):
    """Completion offers the commands, and the counters and watches of the running agent."""
    assert completions(agent, "pu") == ["push-now"]
    assert completions(agent, "set-total ") == ["visitors"]
    assert completions(agent, "pause --watch w") == ["watch"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script_of_each_shell(shell):
    """Each shell gets a script that calls pushglance."""
    command = [sys.executable, "-m", "pushglance", "completion", shell]
    result = subprocess.run(command, capture_output=True, text=True)
    assert "_PUSHGLANCE_COMPLETE" in result.stdout, result.stderr


def test_completion_script_of_bash_is_valid():
    """Bash parses its completion script."""
    command = [sys.executable, "-m", "pushglance", "completion", "bash"]
    script = subprocess.run(command, capture_output=True, text=True).stdout
    assert subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True).returncode == 0


def test_version_has_what_a_bug_report_needs():
    """--version prints versions, system and machine, but not the host name."""
    command = [sys.executable, "-m", "pushglance", "--version"]
    output = subprocess.run(command, capture_output=True, text=True).stdout
    for words in ("pushglance 0.", "Python 3.", "SQLite 3.", "Linux", os.uname().machine, "paho-mqtt 2.", "GPIO chips"):
        assert words in output, output
    assert os.uname().nodename not in output


def test_logs_without_a_service_prints_where_the_log_is():
    """Without a service `logs` prints where the log is, with the command for the journal."""
    result = subprocess.run([sys.executable, "-m", "pushglance", "logs"], capture_output=True, text=True)
    assert result.returncode == 0
    assert "journalctl -u pushglance" in result.stdout
