"""A start with unchanged settings uses the cached Plan and does not check them again."""

import signal

import pytest

from pushglance.sandbox import TOKEN, USER


@pytest.fixture
def agent(agent, folder):
    """Return an agent that reads its keys from files and logs what it imports."""
    (folder / "token").write_text(TOKEN)
    (folder / "user").write_text(USER)
    agent.write_settings(
        token=(f'token = "{TOKEN}"', 'token_file = "token"'), user=(f'user = "{USER}"', 'user_file = "user"')
    )
    agent.environment["PYTHONPROFILEIMPORTTIME"] = "1"
    (folder / "state").mkdir()
    return agent


def start_reports_check(agent):
    """Start the agent; return whether its settings were checked."""
    agent.log.write_bytes(b"")
    agent.start()
    return "pydantic" in agent.log.read_text()


def test_unchanged_settings_are_checked_once(agent, sandbox):
    """The second start imports no settings library and works like the first one."""
    assert start_reports_check(agent)
    assert agent.stop() == 0
    assert not start_reports_check(agent)
    agent.move_door(1)
    agent.wait_for_screen(text="Garage open")
    assert agent.stop() == 0


def test_changed_settings_are_checked(agent):
    """An error in changed settings is shown, although the Plan of the old ones is cached."""
    start_reports_check(agent)
    agent.stop()
    text = agent.config.read_text()
    agent.config.write_text(text + "\n[sensors.visitors_too]\nkind = 'counter'\ngpio = 27\n")
    process = agent.run_command("run", "--config", str(agent.config))
    assert process.returncode == 2
    assert "27" in process.stderr.splitlines()[-1]
    agent.config.write_text(text)
    assert not start_reports_check(agent)


def test_reload_after_a_start_from_the_cache(agent):
    """SIGHUP makes the daemon read changed settings."""
    start_reports_check(agent)
    agent.stop()
    assert not start_reports_check(agent)
    agent.config.write_text(agent.config.read_text().replace("Garage open", "Gate open"))
    agent.process.send_signal(signal.SIGHUP)
    agent.wait_for_notification("READY=1")
    agent.move_door(1)
    agent.wait_for_screen(text="Gate open")
