"""Server-sent events of the page: the sections that have changed, while at least one page is open."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from pushglance.runtime.status.status_file import NAME

from .pages import Pages

POLL_S = 0.2  # between two checks of the status file's modification time; the daemon writes it at most once a second
REFRESH_S = 30.0  # without any change, because timelines move on and a daemon may have stopped
LISTENERS_MAX = 16


class ChangeStream:
    """Send each listener the sections that changed. Each version is rendered once for all listeners."""

    def __init__(self, pages: Pages, runtime_dir: Path) -> None:
        self._pages = pages
        self._status_file = runtime_dir / NAME
        self._listeners = 0
        self._rendered: dict[str, str] = {}
        self._rendered_version: tuple[int, int] | None = None
        self._lock = asyncio.Lock()
        self.is_ending: Callable[[], bool] = lambda: False  # set by the server: a stream does not end by itself

    @property
    def is_full(self) -> bool:
        """Return whether the maximum number of listeners is connected."""
        return self._listeners >= LISTENERS_MAX

    async def events(self) -> AsyncIterator[str]:
        """Yield the events of one listener until the server ends; the first event contains every section."""
        self._listeners += 1
        sent: dict[str, str] = {}
        try:
            yield "retry: 2000\n\n"
            while not self.is_ending():
                version = self._version()
                sections = await self._sections(version)
                changes = {name: html for name, html in sections.items() if sent.get(name) != html}
                sent = sections
                yield f"event: sections\ndata: {json.dumps(changes)}\n\n" if changes else ": no change\n\n"
                await self._wait_for_change(version)
        finally:
            self._listeners -= 1

    def _version(self) -> tuple[int, int]:
        """Return the status file's modification time and the number of the current refresh interval."""
        try:
            written_ns = self._status_file.stat().st_mtime_ns
        except OSError:
            written_ns = 0
        return written_ns, int(asyncio.get_running_loop().time() / REFRESH_S)

    async def _sections(self, version: tuple[int, int]) -> dict[str, str]:
        async with self._lock:
            if version != self._rendered_version:
                self._rendered = await run_in_threadpool(self._pages.render_sections)
                self._rendered_version = version
            return self._rendered

    async def _wait_for_change(self, version: tuple[int, int]) -> None:
        while self._version() == version and not self.is_ending():  # noqa: ASYNC110 - a file of another process sets no event
            await asyncio.sleep(POLL_S)
