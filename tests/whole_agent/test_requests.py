"""A person and a running agent: push-now, send, pause and set-total as commands, with the reply on the terminal."""

import re
import signal

import pytest

from pushglance.runtime.storage.history import last_pushes

DELIVERED = r"watch: delivered: request [\w-]+ \(48 of 50 pushes left\)\n"


@pytest.fixture
def calm(agent):
    """An agent that shows a closed door and a tank at 62 %."""
    agent.start()
    agent.move_door(0)
    agent.simulate('topic garden/tank {"level": 62}')
    agent.wait_for_screen(text="Garage closed", count="0", percent="62")
    agent.wait_until_settled()
    return agent


def test_push_now(calm):
    """What waits, here for the end of a pause, is on the watch when the command ends."""
    calm.run_command("pause")
    calm.simulate('topic garden/tank {"level": 50}')
    calm.wait_for_reading("tank", "50")
    ended = calm.run_command("push-now")
    assert re.fullmatch(DELIVERED, ended.stdout), ended.stderr
    assert ended.returncode == 0
    assert calm.sandbox.screen()["percent"] == "50"
    assert calm.run_command("push-now").stdout == "watch: nothing to push: the watch is up to date\n"
    calm.run_command("push-now", "--all")
    assert calm.sandbox.arrivals()[-1].fields == {"text": "Garage closed", "count": "0", "percent": "50"}


def test_send_while_the_agent_runs(calm):
    """The daemon sends for whoever asks, books it, and the fields are on the watch."""
    ended = calm.run_command("send", "--text", "Hello, “ü”")
    assert re.fullmatch(DELIVERED, ended.stdout), ended.stderr
    assert ended.returncode == 0
    assert calm.sandbox.screen()["text"] == "Hello, “ü”"
    assert last_pushes(calm.folder / "state", 1)[0].sent == {"text": "Hello, “ü”"}


def test_a_pause_survives_kill_and_restart(calm):
    """A pause holds an urgent door back, also in the process after a kill, until it is ended."""
    ended = calm.run_command("pause", "1h")
    assert (ended.returncode, ended.stdout) == (0, "watch: paused for 60 min\n"), ended.stderr
    calm.stop(signal.SIGKILL)
    calm.start()
    calm.move_door(1)
    calm.wait_for_reading("garage", "Garage open")
    calm.wait_for(lambda: calm.status()["watches"]["watch"]["why"] == "paused")
    assert calm.sandbox.screen()["text"] == "Garage closed"
    assert "paused" in calm.run_command("status").stdout
    assert calm.run_command("pause", "--off").stdout == "watch: not paused\n"
    calm.wait_for_screen(text="Garage open")


def test_set_total_survives_a_kill(calm):
    """A total that was set is on the card when the command ends."""
    ended = calm.run_command("set-total", "visitors", "1200")
    assert (ended.returncode, ended.stdout) == (0, "visitors: the total is 1200, it was 0\n"), ended.stderr
    calm.stop(signal.SIGKILL)
    calm.start()
    calm.wait_for_reading("visitors", "1200")


MISTAKES = (
    (("push-now", "--watch", "wach"), "unknown watch 'wach'; known: watch"),
    (("set-total", "garage", "5"), "garage: unknown counter 'garage'; known: visitors"),
    (("set-total", "visitors", "-5"), "-5"),
    (("pause", "90"), "90 has no unit"),
    (("pause", "0s"), "pushglance pause --off"),
    (("pause", "5000d"), "a pause may last a year at most"),
    (("pause", "1h", "--off"), "not both"),
    (("send",), "name at least one field"),
)


def test_what_cannot_be_is_said(calm):
    """Each request that cannot be granted ends with 1 and the reason, and the agent goes on."""
    for arguments, sentence in MISTAKES:
        ended = calm.run_command(*arguments)
        assert (ended.returncode, ended.stdout) == (1, ""), arguments
        assert sentence in ended.stderr
    calm.move_door(1)
    calm.wait_for_screen(text="Garage open")


@pytest.mark.parametrize("arguments", [("push-now",), ("pause",), ("set-total", "visitors", "1")])
def test_without_an_agent_there_is_nobody_to_ask(agent, arguments):
    """Requests need a running agent, and say how to start it."""
    ended = agent.run_command(*arguments)
    assert ended.returncode == 1
    assert "systemctl start pushglance" in ended.stderr
