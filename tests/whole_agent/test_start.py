"""Starting again: with unchanged settings the daemon is there without checking them, and is the same daemon."""

import signal

import pytest

from pushglance.sandbox import TOKEN, USER


@pytest.fixture
def agent(agent, folder):
    """Return an agent whose keys stand in files and which tells in its log what it imports."""
    (folder / "token").write_text(TOKEN)
    (folder / "user").write_text(USER)
    agent.write_settings(
        token=(f'token = "{TOKEN}"', 'token_file = "token"'), user=(f'user = "{USER}"', 'user_file = "user"')
    )
    agent.environment["PYTHONPROFILEIMPORTTIME"] = "1"
    (folder / "state").mkdir()
    return agent


def start_and_look(agent):
    """Start the agent and return whether the settings were checked for it."""
    agent.log.write_bytes(b"")
    agent.start()
    return "pydantic" in agent.log.read_text()


def test_unchanged_settings_are_checked_once(agent, sandbox):
    """The second start imports nothing of what checks settings, pushes as the first did, and ends as it is told to."""
    assert start_and_look(agent)
    assert agent.stop() == 0
    assert not start_and_look(agent)
    agent.move_door(1)
    agent.wait_for_screen(text="Garage open")
    assert agent.stop() == 0


def test_changed_settings_are_checked(agent):
    """A mistake is told with its sentence though the settings before it were kept."""
    start_and_look(agent)
    agent.stop()
    text = agent.config.read_text()
    agent.config.write_text(text + "\n[sensors.visitors_too]\nkind = 'counter'\ngpio = 27\n")
    told = agent.run_command("run", "--config", str(agent.config))
    assert told.returncode == 2
    assert "27" in told.stderr.splitlines()[-1]
    agent.config.write_text(text)
    assert not start_and_look(agent)


def test_a_reload_works_as_ever(agent):
    """A daemon that was started the quick way reads changed settings when told to."""
    start_and_look(agent)
    agent.stop()
    assert not start_and_look(agent)
    agent.config.write_text(agent.config.read_text().replace("Garage open", "Gate open"))
    agent.process.send_signal(signal.SIGHUP)
    agent.wait_for_notification("READY=1")
    agent.move_door(1)
    agent.wait_for_screen(text="Gate open")
