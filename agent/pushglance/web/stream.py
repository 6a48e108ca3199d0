"""The page kept true: server-sent events with the sections that have changed, as long as somebody looks."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from pushglance.runtime.status.status_file import NAME

from .pages import Pages

LOOK_S = 0.2  # at the live file's name and time, nothing more; the daemon writes it at most each second
RENEW_S = 30.0  # whatever happens: lanes move on, and a silent daemon must be seen as one
LISTENERS_MAX = 16


class Stream:
    """Tell listeners what has changed; what one of them has had rendered serves the others, too."""

    def __init__(self, pages: Pages, runtime_dir: Path) -> None:
        self._pages = pages
        self._live = runtime_dir / NAME
        self._listeners = 0
        self._rendered: dict[str, str] = {}
        self._rendered_of: tuple[int, int] | None = None
        self._lock = asyncio.Lock()
        self.is_ending: Callable[[], bool] = lambda: False  # the server's word: streams have no end of their own

    @property
    def is_full(self) -> bool:
        """Tell whether as many listen as may."""
        return self._listeners >= LISTENERS_MAX

    async def events(self) -> AsyncIterator[str]:
        """Yield the events of one listener until the server ends; the first one brings every section."""
        self._listeners += 1
        told: dict[str, str] = {}
        try:
            yield "retry: 2000\n\n"
            while not self.is_ending():
                moment = self._moment()
                sections = await self._sections(moment)
                news = {name: html for name, html in sections.items() if told.get(name) != html}
                told = sections
                yield f"event: sections\ndata: {json.dumps(news)}\n\n" if news else ": nothing new\n\n"
                await self._wait_for_news(moment)
        finally:
            self._listeners -= 1

    def _moment(self) -> tuple[int, int]:
        """Return a name for the state of things: when the live file was written, and which half minute it is."""
        try:
            written_ns = self._live.stat().st_mtime_ns
        except OSError:
            written_ns = 0
        return written_ns, int(asyncio.get_running_loop().time() / RENEW_S)

    async def _sections(self, moment: tuple[int, int]) -> dict[str, str]:
        async with self._lock:
            if moment != self._rendered_of:
                self._rendered = await run_in_threadpool(self._pages.sections)
                self._rendered_of = moment
            return self._rendered

    async def _wait_for_news(self, moment: tuple[int, int]) -> None:
        while self._moment() == moment and not self.is_ending():  # noqa: ASYNC110 - a file of another process rings no event
            await asyncio.sleep(LOOK_S)
