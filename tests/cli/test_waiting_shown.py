"""How a change that waits is shown in `status` and on the page: when and why, and what it is worth only on request."""

import pytest

from pushglance.cli.daemon.status_lines import status_lines
from support.agent.agent_directories import AgentDirectories

WHEN = "shown at the latest 19:37, perhaps sooner: 12 of 50 pushes left"
PRICE = "visitors +1 is worth 1 s of a right watch, a push now costs 9 s"


@pytest.fixture
def directories(tmp_path):
    """Return the directories of an agent with a change that waits to be worth a push."""
    directories = AgentDirectories(tmp_path)
    watch = {"why": "price", "explanation": WHEN, "price_explanation": PRICE, "early": 7, "left": 12, "capacity": 50}
    directories.status["watches"]["watch"].update(watch, spacing_ms=20 * 60_000)
    directories.write_status()
    return directories


def test_worth_and_price_are_shown_on_request(directories):
    """Without --why the status says when the change is shown, with it also what it is worth and a push costs."""
    plain = status_lines(directories.status, [])
    assert f"  {WHEN}" in plain
    assert PRICE not in "\n".join(plain)
    assert f"  waits to be worth a push: {PRICE}" in status_lines(directories.status, [], with_price=True)


def test_page_says_when_a_change_is_shown(directories):
    """The page begins with the latest time and the pushes left, and not with a price."""
    assert "Shown at the latest 19:37, perhaps sooner: 12 of 50 pushes left" in directories.client().get("/").text


def test_early_pushes_are_shown(directories):
    """Status and page say how many of the spent pushes came sooner than the spacing; nothing if none did."""
    early = "the next one comes back in 60 min; 7 of 38 came sooner than the spacing (20 min)"
    assert early in "\n".join(status_lines(directories.status, []))
    assert early in directories.client().get("/").text
    directories.status["watches"]["watch"]["early"] = 0
    assert "sooner than" not in "\n".join(status_lines(directories.status, []))
