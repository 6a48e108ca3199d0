"""The stream: what has changed, when it has changed, to everybody who listens, and no more than that."""

import asyncio
import json
import os

import pytest

from pushglance.web import stream as module
from pushglance.web.dashboard import DashboardView
from pushglance.web.pages import Pages
from pushglance.web.stream import LISTENERS_MAX, LOOK_S, Stream


class CountingPages(Pages):
    """Pages that count how often they were rendered."""

    rendered = 0

    def sections(self):
        self.rendered += 1
        return super().sections()


@pytest.fixture
def pages(directories):
    """Pages over the directories."""
    return CountingPages(DashboardView(directories.state, directories.run), has_password=False)


@pytest.fixture
def looks(monkeypatch):
    """Every pause of the stream as it is asked for; none of them takes time. looks.then is called in the next one."""

    class Looks(list):
        then = None

        async def sleep(self, pause_s):
            self.append(pause_s)
            then, self.then = self.then, None
            if then is not None:
                then()
            assert len(self) < 100, "nothing came"

    looks = Looks()
    monkeypatch.setattr(module.asyncio, "sleep", looks.sleep)
    return looks


async def next_sections(events):
    """Return the sections of the next event that has any."""
    async for event in events:
        if event.startswith("event: sections"):
            return json.loads(event.partition("data: ")[2])
    raise AssertionError("the stream ended")


def test_a_change_is_told_at_the_next_look(directories, pages, looks):
    """A live file that is replaced is told at the next look, a fifth of a second later, and only what differs."""

    def door_moves():
        directories.live["sensors"]["garage"]["text"] = "Garage closed"
        directories.write_status()

    async def story():
        events = Stream(pages, directories.run).events()
        first = await next_sections(events)
        looks.then = door_moves
        news = await next_sections(events)
        await events.aclose()
        return first, news

    first, news = asyncio.run(story())
    assert set(first) == {"watches", "day", "health", "sensors", "pushes"}
    assert list(news) == ["sensors"]
    assert "Garage closed" in news["sensors"]
    assert looks == [LOOK_S]
    assert LOOK_S <= 0.25


def test_many_listeners_cost_one_rendering(directories, pages, looks):
    """Whoever listens at the same moment is served by the same rendering."""

    async def story():
        stream = Stream(pages, directories.run)
        listeners = [stream.events() for _ in range(5)]
        for events in listeners:
            await next_sections(events)
            await events.aclose()

    asyncio.run(story())
    assert pages.rendered == 1


def test_listeners_are_bounded(directories, pages, looks):
    """Beyond a number of open pages the next one is refused, until one of them is closed."""

    async def story():
        stream = Stream(pages, directories.run)
        listeners = [stream.events() for _ in range(LISTENERS_MAX)]
        for events in listeners:
            assert not stream.is_full
            await next_sections(events)
        assert stream.is_full
        await listeners[0].aclose()
        assert not stream.is_full
        for events in listeners:
            await events.aclose()

    asyncio.run(story())


def test_a_silence_is_noticed_without_news(directories, pages, looks, monkeypatch):
    """When the daemon says nothing more the page is renewed all the same, and then tells that it is silent."""

    async def story():
        loop_s = [0.0]
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: loop_s[0], raising=False)
        events = Stream(pages, directories.run).events()
        await next_sections(events)
        looks.then = lambda: loop_s.__setitem__(0, 31.0)
        directories.live["wall_ms"] -= 200_000
        before = (directories.run / "live.json").stat()
        directories.write_status()
        os.utime(directories.run / "live.json", ns=(before.st_atime_ns, before.st_mtime_ns))
        news = await next_sections(events)
        await events.aclose()
        return news

    assert "has told nothing" in asyncio.run(story())["watches"]
