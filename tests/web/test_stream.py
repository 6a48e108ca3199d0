"""The stream of changes: each listener gets the sections that changed, soon after they changed."""

import asyncio
import json
import os

import pytest

from pushglance.web import stream as module
from pushglance.web.pages import Pages
from pushglance.web.stream import LISTENERS_MAX, POLL_S, ChangeStream
from pushglance.web.views.dashboard import DashboardView


class CountingPages(Pages):
    """Pages that count their renderings."""

    rendered = 0

    def render_sections(self):
        self.rendered += 1
        return super().render_sections()


@pytest.fixture
def pages(directories):
    """Return counting pages over the directories."""
    return CountingPages(DashboardView(directories.state, directories.run), "token", has_password=False)


@pytest.fixture
def polls(monkeypatch):
    """Return the list of the stream's sleeps, which take no time; `polls.then` is called in the next one."""

    class Polls(list):
        then = None

        async def sleep(self, pause_s):
            self.append(pause_s)
            then, self.then = self.then, None
            if then is not None:
                then()
            assert len(self) < 100, "no event came"

    polls = Polls()
    monkeypatch.setattr(module.asyncio, "sleep", polls.sleep)
    return polls


async def next_sections(events):
    """Return the sections of the next event that has any."""
    async for event in events:
        if event.startswith("event: sections"):
            return json.loads(event.partition("data: ")[2])
    raise AssertionError("the stream ended")


def test_a_change_is_sent_after_one_poll(directories, pages, polls):
    """A new status file is noticed at the next poll, a fifth of a second later; only changed sections are sent."""

    def close_garage():
        directories.status["sensors"]["garage"]["text"] = "Garage closed"
        directories.write_status()

    async def run_stream():
        events = ChangeStream(pages, directories.run).events()
        first = await next_sections(events)
        polls.then = close_garage
        changes = await next_sections(events)
        await events.aclose()
        return first, changes

    first, changes = asyncio.run(run_stream())
    assert set(first) == {"notice", "sensors", "watches", "messages", "day", "pushes", "health"}
    assert "sensors" in changes
    assert set(changes) <= {"sensors", "day"}, "the axis of the charts moves on"
    assert "Garage closed" in changes["sensors"]
    assert polls == [POLL_S]
    assert POLL_S <= 0.25


def test_listeners_share_a_rendering(directories, pages, polls):
    """Five listeners at the same moment cost one rendering."""

    async def run_stream():
        stream = ChangeStream(pages, directories.run)
        listeners = [stream.events() for _ in range(5)]
        for events in listeners:
            await next_sections(events)
            await events.aclose()

    asyncio.run(run_stream())
    assert pages.rendered == 1


def test_number_of_listeners_is_limited(directories, pages, polls):
    """The stream is full at the maximum number of listeners, until one of them disconnects."""

    async def run_stream():
        stream = ChangeStream(pages, directories.run)
        listeners = [stream.events() for _ in range(LISTENERS_MAX)]
        for events in listeners:
            assert not stream.is_full
            await next_sections(events)
        assert stream.is_full
        await listeners[0].aclose()
        assert not stream.is_full
        for events in listeners:
            await events.aclose()

    asyncio.run(run_stream())


def test_a_silent_agent_is_noticed_without_a_change(directories, pages, polls, monkeypatch):
    """Sections are rendered every 30 s even if the status file stays the same, and then show that it is old."""

    async def run_stream():
        loop_s = [0.0]
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: loop_s[0], raising=False)
        events = ChangeStream(pages, directories.run).events()
        await next_sections(events)
        polls.then = lambda: loop_s.__setitem__(0, 31.0)
        directories.status["wall_ms"] -= 200_000
        before = (directories.run / "live.json").stat()
        directories.write_status()
        os.utime(directories.run / "live.json", ns=(before.st_atime_ns, before.st_mtime_ns))
        changes = await next_sections(events)
        await events.aclose()
        return changes

    assert "no update from the agent" in asyncio.run(run_stream())["notice"]
