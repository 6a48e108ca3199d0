"""The level of the log is chosen in [log], or by `run --verbose`, and stays after a reload."""

import signal


def test_level_of_the_settings(agent):
    """With level = "warning" the start is not logged; after a reload with "debug" each event is."""
    agent.write_settings('[log]\nlevel = "warning"\n')
    agent.start()
    agent.move_door(1)
    agent.wait_for_screen(text="Garage open")
    assert agent.log.read_text() == ""
    agent.write_settings('[log]\nlevel = "debug"\n')
    agent.process.send_signal(signal.SIGHUP)
    agent.wait_for_notification("READY=1")
    agent.simulate("topic garden/tank 5")
    agent.wait_for(lambda: "event ValueUnreadable" in agent.log.read_text())
    assert "event TimePassed" not in agent.log.read_text()


def test_unknown_level_is_an_error(agent):
    """An unknown level names the known ones."""
    agent.write_settings('[log]\nlevel = "verbose"\n')
    result = agent.run_command("check", "--config", str(agent.config))
    assert result.returncode == 2
    assert "debug" in result.stderr


def test_verbose_is_debug(agent):
    """`run --verbose` logs each event, also after a reload, whatever the settings say."""
    agent.write_settings('[log]\nlevel = "error"\n')
    agent.start("--verbose")
    agent.simulate("topic garden/tank 5")
    agent.wait_for(lambda: "event ValueUnreadable" in agent.log.read_text())
    agent.process.send_signal(signal.SIGHUP)
    agent.wait_for_notification("READY=1")
    agent.log.write_text("")
    agent.simulate("topic garden/tank 6")
    agent.wait_for(lambda: "event ValueUnreadable" in agent.log.read_text())
