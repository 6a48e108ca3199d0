"""Why a sensor has no new value, and why the broker is away: in `status`, on the page and in the doctor."""

import pytest

from pushglance.cli.daemon.status_lines import status_lines
from pushglance.doctor.check_result import WARNING, WRONG, CheckContext
from pushglance.doctor.checks.agent import check_agent
from support.agent.agent_directories import AgentDirectories

PROBLEM = 'the payload {"temperature":5} on t was not used: it has no /Temperature, it has /temperature'
REASON = "The MQTT broker home:8883 speaks TLS on this port: write tls = true in [mqtt]."


@pytest.fixture
def directories(tmp_path):
    """Return the directories of an agent with one problem and a broker that is away."""
    directories = AgentDirectories(tmp_path)
    note = {"problem": PROBLEM, "last_payload": '{"temperature":5}', "problem_age_ms": 5000, "is_certain": 1}
    directories.status["sensors"]["tank"].update(note)
    directories.status["sensors"]["note"].update({"problem": "nothing was ever received on n", "is_certain": 0})
    directories.status["link_reasons"] = {"mqtt": REASON, "pushover": "it is up again"}
    directories.write_status()
    return directories


def test_status_shows_problems(directories):
    """The sensor's line is followed by its problem, the links by the reason of one that is down."""
    text = "\n".join(status_lines(directories.status, []))
    assert f"{PROBLEM} (5 s ago)" in text
    assert REASON in text
    assert "it is up again" not in text


def test_page_shows_problems(directories):
    """The page shows the same, as text."""
    page = directories.client().get("/").text
    assert "it has no /Temperature, it has /temperature (5 s ago)" in page
    assert REASON in page


def test_doctor_shows_problems(directories):
    """A certain problem is wrong; a topic on which perhaps nothing has happened yet is a warning."""
    context = CheckContext(None, True, directories.state, directories.run, agent_status=directories.status)
    results = {result.message: result.status for result in check_agent(context, "see the log")}
    assert results[f"tank: {PROBLEM} (5 s ago)"] == WRONG
    assert results["note: nothing was ever received on n"] == WARNING
    assert results[f"unavailable: MQTT broker ({REASON})"] == WRONG
