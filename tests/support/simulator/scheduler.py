"""Virtual time and one random source: actions run in one deterministic order, years in seconds."""

import heapq
import random

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Scheduler:
    """Run callables at their instants; `now_ms` is the true time, which no agent can see."""

    def __init__(self):
        self.now_ms = 0
        self._queue = []
        self._number = 0

    def after(self, delay_ms, act, *arguments):
        """Run `act(*arguments)` in `delay_ms` (0 or more); equal instants keep their order."""
        self._number += 1
        heapq.heappush(self._queue, (self.now_ms + delay_ms, self._number, act, arguments))

    def run_until(self, end_ms):
        """Run everything up to `end_ms`."""
        queue, pop = self._queue, heapq.heappop
        while queue and queue[0][0] <= end_ms:
            self.now_ms, _, act, arguments = pop(queue)
            act(*arguments)
        self.now_ms = end_ms


class FastRandom(random.Random):
    """Random numbers from a seed; faster and less exact than the library's, which would take a tenth of the time."""

    def choice(self, options):
        """Return one of `options`."""
        return options[int(self.random() * len(options))]

    def randrange(self, low, high=None):  # type: ignore[override]
        """Return an int, `low` to `high` - 1, or 0 to `low` - 1."""
        if high is None:
            low, high = 0, low
        return low + int(self.random() * (high - low))
