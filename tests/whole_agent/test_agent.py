"""The whole agent as a process: edges in, pushes out; killed, restarted, doubled, reloaded."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from pushglance.runtime.storage.history import last_pushes
from pushglance.sandbox import TOKEN, USER, Fault

START = {"text": "Garage closed", "count": "0", "percent": "62"}


def started(agent):
    """Start the agent with a closed door and a tank at 62 %, and wait until the watch shows it."""
    agent.start()
    agent.move_door(0)
    agent.simulate('topic garden/tank {"level": 62}')
    agent.wait_for_screen(**START)
    agent.wait_until_settled()
    return agent


def pushes(agent):
    """Return the fields of every push that arrived."""
    return [arrival.fields for arrival in agent.sandbox.arrivals()]


def test_edges_in_pushes_out(agent):
    """A door that opens with a bounce is one push with one field, and its debit stands in the ledger."""
    started(agent)
    agent.move_door(1)
    agent.wait_for_screen(text="Garage open")
    assert pushes(agent) == [START, {"text": "Garage open"}]
    assert agent.stop() == 0
    rows = last_pushes(agent.folder / "state", 9)
    assert [(row.sent, row.outcome) for row in rows] == [({"text": "Garage open"}, "delivered"), (START, "delivered")]


def test_stopping_is_quick_and_complete(agent):
    """SIGTERM ends the agent within two seconds, even with an answer out, and nothing is left over."""
    started(agent)
    agent.simulate("pin 27 0", "pin 27 1")
    agent.sandbox.inject(Fault("hang", applies=True))
    agent.move_door(1)
    agent.sandbox.wait_for(lambda: agent.sandbox.held, timeout_s=10)
    begun = time.monotonic()
    assert agent.stop() == 0
    assert time.monotonic() - begun < 2
    agent.wait_for_notification("STOPPING=1")
    assert not (agent.folder / "run/live.json").exists()


def test_a_restart_repeats_nothing(agent):
    """Ended and started again in the same house, the agent pushes nothing."""
    started(agent).stop()
    started(agent)
    agent.move_door(1)
    agent.wait_for_screen(text="Garage open")
    assert pushes(agent) == [START, {"text": "Garage open"}]


def test_a_change_while_it_was_away_is_not_lost(agent):
    """The door moved while no agent ran: the first look after the start is pushed."""
    started(agent).stop(signal.SIGKILL)
    agent.start()
    agent.move_door(1)
    agent.wait_for_screen(text="Garage open")


def test_a_push_in_doubt_is_sent_again_after_a_crash(agent):
    """Killed while an answer was out: the field may show either state, so the next start sends the truth."""
    started(agent)
    agent.sandbox.inject(Fault("hang", applies=True))
    agent.move_door(1)
    agent.sandbox.wait_for(lambda: agent.sandbox.held, timeout_s=10)
    agent.stop(signal.SIGKILL)
    agent.sandbox.release()
    agent.start()
    agent.move_door(0)
    agent.wait_for_screen(text="Garage closed")
    assert pushes(agent) == [START, {"text": "Garage open"}, {"text": "Garage closed"}]


def test_killed_at_random_moments(agent):
    """However often it is killed, the agent repeats only what is in doubt and ends with the truth, all booked."""
    moments = random.Random(2026)
    started(agent)
    level = 0
    for _ in range(12):
        level = 1 - level
        agent.move_door(level)
        time.sleep(moments.random() * 0.15)  # the moment itself is what the test varies
        agent.stop(signal.SIGKILL)
        agent.start()
        agent.move_door(level)
    agent.wait_for_screen(text="Garage open" if level else "Garage closed", percent="62")
    arrived = agent.sandbox.arrivals()
    assert agent.stop() == 0
    booked = [row for row in last_pushes(agent.folder / "state", 99) if row.outcome != "unsent"]
    assert len(arrived) <= len(booked), "what arrived was booked before"
    repeated = [arrival for arrival in arrived if not arrival.has_changed]
    doubtful = [row for row in booked if row.outcome is None]
    assert len(repeated) <= len(doubtful), "only what was in doubt may be sent again"


def test_a_second_agent_is_refused(agent):
    """Two agents on one store: the second ends with 3 and a sentence, the first goes on."""
    started(agent)
    second = agent.run_command("run", "--config", str(agent.config))
    assert second.returncode == 3
    assert f"another pushglance (process {agent.process.pid}) uses the store" in second.stderr
    agent.move_door(1)
    agent.wait_for_screen(text="Garage open")


def test_settings_are_taken_up_in_the_same_process(agent):
    """SIGHUP reads the settings again: the same process says READY again and uses the new words, pushing only those."""
    started(agent)
    agent.write_settings(
        words=('closed = "Garage closed"', 'closed = "Shut"'), pace=('spacing = "2s"', 'spacing = "0s"')
    )
    agent.process.send_signal(signal.SIGHUP)
    agent.wait_for_notification("READY=1")
    agent.move_door(0)
    agent.wait_for_screen(text="Shut")
    assert pushes(agent) == [START, {"text": "Shut"}]
    assert agent.process.poll() is None
    assert agent.status()["pid"] == agent.process.pid


def test_a_mistake_in_new_settings_leaves_the_old_ones(agent):
    """SIGHUP with a mistake in the settings is answered with a sentence in the log, and the agent goes on as before."""
    started(agent)
    agent.write_settings(words=('settle = "20ms"', "settle = 20"))
    agent.process.send_signal(signal.SIGHUP)
    agent.wait_for(lambda: "the old ones stay" in agent.log.read_text())
    assert "sensors.garage.settle" in agent.log.read_text()
    agent.move_door(1)
    agent.wait_for_screen(text="Garage open")


def test_a_storm_of_edges(agent):
    """Sixty swings in a row cost far less than the budget, and the last state arrives."""
    started(agent)
    for number in range(60):
        agent.move_door(1 - number % 2)
        time.sleep(0.03)  # longer than the settle time: each swing is a reading
    agent.wait_for_screen(text="Garage closed")
    agent.move_door(1)
    agent.wait_for_screen(text="Garage open")
    assert len(pushes(agent)) <= 50


def test_pushover_comes_later(agent):
    """A Pushover that fails at the start is no error; the truth arrives when it is there, and the log tells both."""
    agent.sandbox.inject(Fault("status", status=503, times=1))
    started(agent)
    agent.wait_for(lambda: agent.status()["links"] == {"pushover": 1})
    assert "Pushover: unavailable" in agent.log.read_text()
    assert "Pushover: available again after" in agent.log.read_text()


def test_refused_is_said_and_not_repeated(agent):
    """A refusal parks the watch over a restart: status names the reason, and no further request is made."""
    agent.sandbox.inject(Fault("refused"))
    agent.start()
    agent.move_door(0)
    agent.sandbox.wait_for(lambda: len(agent.sandbox.requests()) == 1, timeout_s=15)
    agent.stop()
    agent.start()
    agent.move_door(1)
    agent.simulate('topic garden/tank {"level": 10}')
    agent.wait_for_reading("garage", "Garage open")
    status = agent.run_command("status")
    assert status.returncode == 0
    assert "Pushover refused" in status.stdout
    assert len(agent.sandbox.requests()) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into a process that keeps its memory private")
def test_pydantic_is_not_in_the_daemon(agent):
    """The daemon is what `exec` left: no settings library is mapped into it, and it is the process that was started."""
    started(agent)
    maps = Path(f"/proc/{agent.process.pid}/maps").read_text()
    assert "pydantic" not in maps
    assert "sqlite3" in maps, "this is the process that we mean"


def test_secrets_stay_inside(agent):
    """Neither token nor user key is in argv, log, live file, status or the store."""
    started(agent)
    agent.sandbox.inject("refused")
    agent.move_door(1)
    agent.sandbox.wait_for(lambda: len(agent.sandbox.requests()) == 2, timeout_s=15)
    status = agent.run_command("status", "--json")
    seen = Path(f"/proc/{agent.process.pid}/cmdline").read_text() + agent.log.read_text()
    seen += (agent.folder / "run/live.json").read_text() + status.stdout + status.stderr
    agent.stop()
    for path in (agent.folder / "state").iterdir():
        seen += path.read_bytes().decode("latin-1")
    assert TOKEN not in seen
    assert USER not in seen


def test_any_line_and_any_payload_is_survived(agent):
    """Unreadable payloads are counted in status and nothing else happens."""
    started(agent)
    for payload in ('{"level": "full"}', "{", "null", '{"other": 1}', "\x01\x02", "9" * 5000):
        agent.simulate(f"topic garden/tank {payload}")
    agent.simulate("nonsense", "pin x y")
    agent.simulate('topic garden/tank {"level": 70}')
    agent.wait_for_reading("tank", "70")
    assert agent.status()["sensors"]["tank"]["unreadable"] == 6
    assert "6 unreadable payloads" in agent.run_command("status").stdout


def test_a_damaged_store_is_told_and_spent(agent):
    """A store that cannot be read is set aside with a sentence, and nothing is pushed for a day."""
    started(agent).stop()
    store = agent.folder / "state/pushglance.db"
    store.write_bytes(os.urandom(8192))
    agent.start()
    agent.move_door(1)
    agent.wait_for_reading("garage", "Garage open")
    assert agent.status()["watches"]["watch"]["left"] == 0
    assert "every budget counts as spent" in agent.log.read_text()
    assert len(pushes(agent)) == 1


def test_send_by_hand(agent):
    """Without an agent `send` pushes and books one glance by itself, and the agent started later tells the truth."""
    sent = agent.run_command("send", "--config", str(agent.config), "--text", "Hello", "--percent", "0")
    assert sent.returncode == 0, sent.stderr
    assert "delivered (49 of 50 left)" in sent.stdout
    assert agent.sandbox.screen()["text"] == "Hello"
    assert agent.sandbox.screen()["percent"] == "0"
    started(agent)
    assert pushes(agent)[1:] == [START]


def test_status_without_an_agent(agent):
    """Nothing runs: status ends with 1 and a sentence that says how to start it."""
    status = agent.run_command("status")
    assert status.returncode == 1
    assert "no pushglance is running" in status.stderr
