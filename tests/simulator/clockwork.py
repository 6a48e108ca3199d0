"""Virtual time: what happens when, in one deterministic order. Years pass in seconds, and nobody sleeps."""

import heapq


class Clockwork:
    """Run callables at their instants; `now_ms` is true time, which no agent can see."""

    def __init__(self):
        self.now_ms = 0
        self._queue = []
        self._number = 0

    def at(self, at_ms, act, *arguments):
        """Have `act(*arguments)` run at `at_ms`, or now if that is past; equal instants keep their order."""
        self._number += 1
        heapq.heappush(self._queue, (max(at_ms, self.now_ms), self._number, act, arguments))

    def after(self, delay_ms, act, *arguments):
        """Have `act(*arguments)` run in `delay_ms`."""
        self.at(self.now_ms + delay_ms, act, *arguments)

    def run_until(self, end_ms):
        """Let everything happen up to `end_ms`."""
        while self._queue and self._queue[0][0] <= end_ms:
            self.now_ms, _, act, arguments = heapq.heappop(self._queue)
            act(*arguments)
        self.now_ms = end_ms
