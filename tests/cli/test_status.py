"""Commands that look: status, history, logs, completion and --version, with and without an agent."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pushglance.sandbox import Sandbox
from support.agent_process import AgentProcess
from support.terminal import Terminal

COLOUR = "\x1b["


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    """An agent with a closed door, a tank that waits in a pause, and a note that would move a cursor."""
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


def seen_on_terminal(agent, *arguments, **more):
    """Return what a command shows on a terminal."""
    directories = {name: agent.environment[name] for name in ("STATE_DIRECTORY", "RUNTIME_DIRECTORY")}
    with Terminal(*arguments, **directories, **more) as person:
        assert person.end() == 0, person.text
        return person.text


def test_status_tells_the_state_and_the_reason(agent):
    """What is shown, what is wanted, why it waits and how long at most stand there, without a colour in a pipe."""
    told = agent.run_command("status").stdout
    for words in (
        "shows  percent  62",
        "wants  percent  40",
        "of 50 pushes left; the next one comes back in",
        "delivered",
    ):
        assert words in told, told
    assert "paused until it is ended; to go on type pushglance pause --off" in told
    assert COLOUR not in told


def test_colours_are_for_terminals_that_want_them(agent):
    """On a terminal there are colours; NO_COLOR takes them away, and so does a pipe."""
    assert COLOUR in seen_on_terminal(agent, "status")
    assert COLOUR not in seen_on_terminal(agent, "status", NO_COLOR="1")
    assert COLOUR in seen_on_terminal(agent, "status", NO_COLOR="")


def test_what_a_sensor_says_cannot_move_the_cursor(agent):
    """Control characters of a payload are never sent to the terminal."""
    assert "\x1b[2J" not in seen_on_terminal(agent, "status")


def test_status_as_json(agent):
    """Everything is there for a program to read."""
    told = json.loads(agent.run_command("status", "--json").stdout)
    assert told["watches"]["watch"]["pending"] == {"percent": "40"}
    assert told["pushes"][0]["outcome"] == "delivered"


def test_status_goes_on_as_it_changes(agent):
    """With --watch --json each change is a line, until Ctrl-C, which is its proper end."""
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


def test_status_on_a_terminal_stays_in_its_place(agent):
    """On a terminal the new state is written over the old one, and Ctrl-C ends it."""
    directories = {name: agent.environment[name] for name in ("STATE_DIRECTORY", "RUNTIME_DIRECTORY")}
    with Terminal("status", "--watch", **directories) as person:
        person.expect("sensors")
        agent.simulate('topic garden/tank {"level": 20}')
        person.expect("\x1b[H")
        person.expect("20")
        person.process.send_signal(signal.SIGINT)
        assert person.end() == 0


def test_history_tells_pushes_and_days(agent):
    """The last pushes with their request id, and a line for each day, also as JSON."""
    told = agent.run_command("history").stdout
    assert re.search(r"delivered .*text 'Garage closed'.*\[request [\w-]+\]", told)
    assert re.search(r"1 delivered to watch, garage 1 changes", told)
    as_json = json.loads(agent.run_command("history", "--json", "--pushes", "1").stdout)
    assert as_json["pushes"][0]["sent"]["text"] == "Garage closed"
    assert {"garage", "tank"} <= {row["sensor"] for row in as_json["days"]}


def test_history_without_a_store(tmp_path):
    """Where no agent ever ran there is no past, and that is said."""
    surroundings = os.environ | {"STATE_DIRECTORY": str(tmp_path)}
    command = [sys.executable, "-m", "pushglance", "history"]
    ended = subprocess.run(command, env=surroundings, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "no push was ever made from here\n")


def completed(agent, words):
    """Return what a shell offers behind these words."""
    surroundings = agent.environment | {
        "_PUSHGLANCE_COMPLETE": "bash_complete",
        "COMP_WORDS": f"pushglance {words}",
        "COMP_CWORD": str(len(words.split(" "))),
    }
    ended = subprocess.run([sys.executable, "-m", "pushglance"], env=surroundings, capture_output=True, text=True)
    return [line.partition(",")[2] for line in ended.stdout.splitlines()]


def test_a_shell_completes_commands_counters_and_watches(agent):
    """Commands come from the program, counters and watches from the agent that runs."""
    assert completed(agent, "pu") == ["push-now"]
    assert completed(agent, "set-total ") == ["visitors"]
    assert completed(agent, "pause --watch w") == ["watch"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell):
    """Each shell gets a script that asks pushglance itself."""
    command = [sys.executable, "-m", "pushglance", "completion", shell]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert "_PUSHGLANCE_COMPLETE" in ended.stdout, ended.stderr


def test_bash_understands_its_script():
    """The script for bash has no mistake in it."""
    command = [sys.executable, "-m", "pushglance", "completion", "bash"]
    script = subprocess.run(command, capture_output=True, text=True).stdout
    assert subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True).returncode == 0


def test_version_is_what_a_bug_report_needs():
    """Version, Python, system, machine and libraries stand there, and no name of a computer or a user."""
    command = [sys.executable, "-m", "pushglance", "--version"]
    told = subprocess.run(command, capture_output=True, text=True).stdout
    for words in ("pushglance 0.", "Python 3.", "SQLite 3.", "Linux", os.uname().machine, "paho-mqtt 2.", "GPIO chips"):
        assert words in told, told
    assert os.uname().nodename not in told


def test_logs_says_where_they_are():
    """Without a service the sentence tells where the log goes, and the journal's command."""
    ended = subprocess.run([sys.executable, "-m", "pushglance", "logs"], capture_output=True, text=True)
    assert ended.returncode == 0
    assert "journalctl -u pushglance" in ended.stdout
