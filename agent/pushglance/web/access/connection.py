"""A connection to the page that a slow client cannot hold: every wait for the client has an end.

uvicorn waits as long as it takes for the head and the body of a request, and for a client that does not read. A client
that sends half a request could so hold a place for ever, and some dozens of them all places.
"""

import asyncio
from collections import Counter
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

CLIENT_S = 10.0  # for a whole request, and for each wait until the client reads
PLACES = 64  # connections; above that a waiting one is ended
SPARE_PLACES = 16  # for /healthz while the server works for all others


class LimitedConnection(H11Protocol):
    """End a connection that waits too long for its client, or the longest waiting one when there are too many.

    `waiting_since_s` is the instant since when it waits for the client, None while it works for it.
    """

    _timer: asyncio.TimerHandle | None = None
    waiting_since_s: float | None = None
    address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Start to wait for the first request; free a place for this connection."""
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        self._wait_for_client()
        if len(self.connections) > PLACES:
            self._free_place(cast("list[LimitedConnection]", list(self.connections)))

    def handle_events(self) -> None:
        """Handle what has arrived; a complete request ends the wait for the client, if the client reads."""
        super().handle_events()
        cycle = self._current_cycle()
        if cycle and not cycle.more_body and not cycle.response_complete and not self.flow.write_paused:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Wait until the client has read the response and sent another request."""
        self._wait_for_client()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Wait until the client reads."""
        super().pause_writing()
        self._wait_for_client()

    def resume_writing(self) -> None:
        """Go on with the response, unless it is complete."""
        super().resume_writing()
        cycle = self._current_cycle()
        if cycle and not cycle.response_complete:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def end(self) -> None:
        """Close the connection without waiting for the client; its place is free at once."""
        self._stop_waiting()
        self.connections.discard(self)
        self.transport.abort()

    def _current_cycle(self) -> RequestResponseCycle | None:
        """Return the request that is served now or was the last one, None before the first."""
        return cast("RequestResponseCycle | None", self.cycle)

    def _wait_for_client(self) -> None:
        self._stop_waiting()
        self.waiting_since_s = self.loop.time()
        self._timer = self.loop.call_later(CLIENT_S, self.end)

    def _stop_waiting(self) -> None:
        self.waiting_since_s = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _free_place(self, connections: "list[LimitedConnection]") -> None:
        """End the longest waiting connection of the address that has the most of them, or this one if none waits."""
        waiting = [one for one in connections if one.waiting_since_s is not None and one is not self]
        places = Counter(one.address for one in waiting)
        if waiting:
            min(waiting, key=lambda one: (-places[one.address], one.waiting_since_s)).end()
        elif len(connections) > PLACES + SPARE_PLACES:
            self.end()
