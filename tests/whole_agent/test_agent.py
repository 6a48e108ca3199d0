"""The whole agent as a process: edges and pushes, kills, restarts, a second agent, reloads."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from pushglance.runtime.storage.history import last_pushes
from pushglance.sandbox import TOKEN, USER, Fault

START = {"text": "Garage closed", "count": "0", "percent": "62"}


def start_settled(agent):
    """Start the agent with a closed door and a tank at 62 %; return it when the watch shows both."""
    agent.start()
    agent.move_door(0)
    agent.simulate('topic garden/tank {"level": 62}')
    agent.wait_for_screen(**START)
    agent.wait_until_settled()
    return agent


def pushed_fields(agent):
    """Return the fields of each push that arrived."""
    return [arrival.fields for arrival in agent.sandbox.arrivals()]


def test_edge_becomes_a_push(agent):
    """A door that opens with a bounce is one push with one field, and its debit is in the ledger."""
    start_settled(agent)
    agent.move_door(1)
    agent.wait_for_screen(text="Garage open")
    assert pushed_fields(agent) == [START, {"text": "Garage open"}]
    assert agent.stop() == 0
    rows = last_pushes(agent.folder / "state", 9)
    assert [(row.sent, row.outcome) for row in rows] == [({"text": "Garage open"}, "delivered"), (START, "delivered")]


def test_sigterm_ends_the_agent_within_two_seconds(agent):
    """This holds while an answer is missing; the status file is removed."""
    start_settled(agent)
    agent.simulate("pin 27 0", "pin 27 1")
    agent.sandbox.inject(Fault("hang", applies=True))
    agent.move_door(1)
    agent.sandbox.wait_for(lambda: agent.sandbox.held, timeout_s=10)
    start_s = time.monotonic()
    assert agent.stop() == 0
    assert time.monotonic() - start_s < 2
    agent.wait_for_notification("STOPPING=1")
    assert not (agent.folder / "run/live.json").exists()


def test_restart_pushes_nothing(agent):
    """Stopped and started again in the same state, the agent sends no push."""
    start_settled(agent).stop()
    start_settled(agent)
    agent.move_door(1)
    agent.wait_for_screen(text="Garage open")
    assert pushed_fields(agent) == [START, {"text": "Garage open"}]


def test_change_during_a_restart_is_pushed(agent):
    """The door moves while no agent runs; its first reading after the start is pushed."""
    start_settled(agent).stop(signal.SIGKILL)
    agent.start()
    agent.move_door(1)
    agent.wait_for_screen(text="Garage open")


def test_push_without_an_answer_is_sent_again_after_a_crash(agent):
    """The field may show either state after the kill, so the next start sends the actual one."""
    start_settled(agent)
    agent.sandbox.inject(Fault("hang", applies=True))
    agent.move_door(1)
    agent.sandbox.wait_for(lambda: agent.sandbox.held, timeout_s=10)
    agent.stop(signal.SIGKILL)
    agent.sandbox.release()
    agent.start()
    agent.move_door(0)
    agent.wait_for_screen(text="Garage closed")
    assert pushed_fields(agent) == [START, {"text": "Garage open"}, {"text": "Garage closed"}]


def test_kills_at_random_moments_keep_the_laws(agent):
    """Only a push without an answer is sent again, every push has a debit, and the last state is shown."""
    generator = random.Random(2026)
    start_settled(agent)
    level = 0
    for _ in range(12):
        level = 1 - level
        agent.move_door(level)
        time.sleep(generator.random() * 0.15)  # the random moment of the kill
        agent.stop(signal.SIGKILL)
        agent.start()
        agent.move_door(level)
    agent.wait_for_screen(text="Garage open" if level else "Garage closed", percent="62")
    arrived = agent.sandbox.arrivals()
    assert agent.stop() == 0
    debits = [row for row in last_pushes(agent.folder / "state", 99) if row.outcome != "unsent"]
    assert len(arrived) <= len(debits), "each push that arrived has a debit"
    repeated = [arrival for arrival in arrived if not arrival.has_changed]
    without_answer = [row for row in debits if row.outcome is None]
    assert len(repeated) <= len(without_answer), "only a push without an answer is sent again"


def test_second_agent_on_a_store_is_refused(agent):
    """The second agent ends with 3 and an error; the first one continues."""
    start_settled(agent)
    second = agent.run_command("run", "--config", str(agent.config))
    assert second.returncode == 3
    assert f"another pushglance (process {agent.process.pid}) uses the store" in second.stderr
    agent.move_door(1)
    agent.wait_for_screen(text="Garage open")


def test_sighup_reloads_the_settings(agent):
    """The same process reports READY again and pushes only what the new settings change."""
    start_settled(agent)
    agent.write_settings(
        words=('closed = "Garage closed"', 'closed = "Shut"'), pace=('spacing = "2s"', 'spacing = "0s"')
    )
    agent.process.send_signal(signal.SIGHUP)
    agent.wait_for_notification("READY=1")
    agent.move_door(0)
    agent.wait_for_screen(text="Shut")
    assert pushed_fields(agent) == [START, {"text": "Shut"}]
    assert agent.process.poll() is None
    assert agent.status()["pid"] == agent.process.pid


def test_error_in_reloaded_settings_keeps_the_old_ones(agent):
    """The error is logged, and the agent continues with the old settings."""
    start_settled(agent)
    agent.write_settings(words=('settle = "20ms"', "settle = 20"))
    agent.process.send_signal(signal.SIGHUP)
    agent.wait_for(lambda: "the old ones stay" in agent.log.read_text())
    assert "sensors.garage.settle" in agent.log.read_text()
    agent.move_door(1)
    agent.wait_for_screen(text="Garage open")


def test_many_edges_stay_within_the_budget(agent):
    """Sixty changes in a row stay within the budget, and the last state is shown."""
    start_settled(agent)
    for number in range(60):
        agent.move_door(1 - number % 2)
        time.sleep(0.03)  # longer than the settle time: each swing is a reading
    agent.wait_for_screen(text="Garage closed")
    agent.move_door(1)
    agent.wait_for_screen(text="Garage open")
    assert len(pushed_fields(agent)) <= 50


def test_pushover_unavailable_at_the_start(agent):
    """The state is pushed when Pushover is available; the log shows the failure and the recovery."""
    agent.sandbox.inject(Fault("status", status=503, times=1))
    start_settled(agent)
    agent.wait_for(lambda: agent.status()["links"] == {"pushover": 1})
    assert "Pushover: unavailable" in agent.log.read_text()
    assert "Pushover: available again after" in agent.log.read_text()


def test_refused_device_is_tried_again_after_a_reload(agent):
    """A restart does not repeat what was refused, status says why and what to do, and a reload tries again at once."""
    agent.sandbox.inject("unknown-device")
    agent.start()
    agent.move_door(0)
    agent.sandbox.wait_for(lambda: len(agent.sandbox.requests()) == 1, timeout_s=15)
    agent.stop()
    agent.start()
    agent.move_door(1)
    agent.simulate('topic garden/tank {"level": 10}')
    agent.wait_for_reading("garage", "Garage open")
    status = agent.run_command("status").stdout
    assert "Pushover refused: device name is not valid for user" in status
    assert "compare device with the devices at pushover.net" in status
    assert len(agent.sandbox.requests()) == 1
    agent.process.send_signal(signal.SIGHUP)
    agent.wait_for_screen(percent="10")
    assert "Pushover refused" not in agent.run_command("status").stdout


def test_refused_value_stops_no_other_field(agent):
    """A value that Pushover refuses is left out and named, and the rest is on the watch within seconds."""
    agent.sandbox.inject(Fault("status", status=400, text="percent is too large", names=("percent",)))
    agent.start()
    agent.move_door(0)
    agent.simulate('topic garden/tank {"level": 10}')
    agent.wait_for_screen(text="Garage closed")
    assert "percent" not in agent.sandbox.arrivals()[0].fields
    assert "percent is too large" in agent.run_command("status").stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into a process that keeps its memory private")
def test_daemon_does_not_load_pydantic(agent):
    """The daemon replaces the process that checked the settings and maps no settings library."""
    start_settled(agent)
    maps = Path(f"/proc/{agent.process.pid}/maps").read_text()
    assert "pydantic" not in maps
    assert "sqlite3" in maps, "this process is the daemon"


def test_secrets_are_not_exposed(agent):
    """Neither the token nor the user key is in argv, log, status file, status output or store."""
    start_settled(agent)
    agent.sandbox.inject("refused")
    agent.move_door(1)
    agent.sandbox.wait_for(lambda: len(agent.sandbox.requests()) == 2, timeout_s=15)
    status = agent.run_command("status", "--json")
    exposed = Path(f"/proc/{agent.process.pid}/cmdline").read_text() + agent.log.read_text()
    exposed += (agent.folder / "run/live.json").read_text() + status.stdout + status.stderr
    agent.stop()
    for path in (agent.folder / "state").iterdir():
        exposed += path.read_bytes().decode("latin-1")
    assert TOKEN not in exposed
    assert USER not in exposed


def test_unreadable_payloads_are_counted(agent):
    """They appear in status and have no other effect; a message without the key is not one of them."""
    start_settled(agent)
    for payload in ('{"level": "full"}', "{", "7", "\x01\x02", "9" * 5000, '"full"', '{"other": 1}'):
        agent.simulate(f"topic garden/tank {payload}")
    agent.simulate("nonsense", "pin x y")
    agent.simulate('topic garden/tank {"level": 70}')
    agent.wait_for_reading("tank", "70")
    assert agent.status()["sensors"]["tank"]["unreadable"] == 6
    assert "6 unreadable payloads" in agent.run_command("status").stdout


def test_damaged_store_uses_up_the_budget(agent):
    """The store is set aside, the log says so, and nothing is pushed for a day."""
    start_settled(agent).stop()
    store = agent.folder / "state/pushglance.db"
    store.write_bytes(os.urandom(8192))
    agent.start()
    agent.move_door(1)
    agent.wait_for_reading("garage", "Garage open")
    assert agent.status()["watches"]["watch"]["left"] == 0
    assert "every budget counts as spent" in agent.log.read_text()
    assert len(pushed_fields(agent)) == 1


def test_send_without_an_agent(agent):
    """`send` pushes and debits one glance; an agent started later pushes the actual state."""
    sent = agent.run_command("send", "--config", str(agent.config), "--text", "Hello", "--percent", "0")
    assert sent.returncode == 0, sent.stderr
    assert "delivered (49 of 50 left)" in sent.stdout
    assert agent.sandbox.screen()["text"] == "Hello"
    assert agent.sandbox.screen()["percent"] == "0"
    start_settled(agent)
    assert pushed_fields(agent)[1:] == [START]


def test_status_without_an_agent_is_an_error(agent):
    """Status ends with 1 and shows how to start the agent."""
    status = agent.run_command("status")
    assert status.returncode == 1
    assert "no pushglance is running" in status.stderr
