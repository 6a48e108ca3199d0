"""An alarm of the real daemon whose whole life falls into an outage: reported late, truthfully, and once."""

import re
from random import Random

import pytest

from support.accelerated.server import REFUSING, SILENT, UP
from support.accelerated.story import Story
from support.accelerated.virtual_time import HOUR, MINUTE

DAYS = 0.5


@pytest.fixture
def live_with_outage(tmp_path_factory):
    """Return a function that lives through an outage, at 1 h to 4 h, with a door that is open from 1:10 to 3:10."""
    stories = []

    def live(state, *others):
        story = Story(Random(1), tmp_path_factory.mktemp("a"), 50, 1, 1, None, 'left_open = "10min"')
        stories.append(story)
        story.time.set_wall(0, is_synchronised=True)
        for at_ns, action in (
            (HOUR, lambda: story.server.set_state(state)),
            (HOUR + 10 * MINUTE, lambda: story.report(story.home.move_door())),
            (3 * HOUR + 10 * MINUTE, lambda: story.report(story.home.move_door())),
            (4 * HOUR, lambda: story.server.set_state(UP)),
            (4 * HOUR, story.forget_screens),  # pushes that got no answer may have arrived
        ):
            story.schedule.add(at_ns, action)
        for at_ns, name in others:
            story.schedule.add(at_ns, getattr(story, name))
        return story, story.run(DAYS)

    yield live
    for story in stories:
        story.close()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("state", [REFUSING, SILENT])
def test_alarm_within_an_outage_is_reported_once_when_it_ends(state, live_with_outage):
    """One message says that the door was open for two hours; the watch shows the closed door, and no law is broken."""
    story, counts = live_with_outage(state)
    texts = [text for _, text in story.messages]
    assert len(texts) == 1, story.daemon.log_end()
    assert re.fullmatch(r"Garage was open for 2 h( 1 min)?, closed now", texts[0])
    assert 4 * HOUR <= story.messages[0][0] < 5 * HOUR
    assert counts.violations == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize("killed_ns", [2 * HOUR, 3 * HOUR + 30 * MINUTE])
def test_alarm_within_an_outage_survives_a_kill(killed_ns, live_with_outage):
    """A daemon that is killed while the door is open, or after that, still reports it once."""
    story, counts = live_with_outage(REFUSING, (killed_ns, "kill"))
    texts = [text for _, text in story.messages]
    assert len(texts) == 1, story.daemon.log_end()
    assert texts[0].startswith("Garage was open")
    assert "closed now" in texts[0]
    assert counts.violations == []
