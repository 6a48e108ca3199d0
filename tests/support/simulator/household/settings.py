"""The settings of the simulated home, as its user writes them."""

from support import plans
from support.simulator.scheduler import HOUR, MINUTE

SETTLE_MS = 200
WORDS = (("Garage closed", "Garage open"), ("Shut", "Open"))
WATCHES = ("hall", "wrist", "desk")
SINCE = " since "


class Settings:
    """Settings of a user, drawn again whenever a story changes them."""

    def __init__(self, rng, watches):
        self.watches = WATCHES[:watches]
        self.pushes = {name: rng.choice((50, 50, 50, 20, 5)) for name in WATCHES}
        self.spacing_ms = rng.choice((20 * MINUTE, 20 * MINUTE, 5 * MINUTE, 0))
        self.pacing = rng.choice(("price", "price", "spacing"))
        self.words = rng.choice(WORDS)
        self.has_note = rng.random() < 0.8
        self.is_window_urgent = int(rng.random() < 0.3)
        self.stale_ms = rng.choice((0, 0, 6 * HOUR))

    def plan(self):
        """Return the Plan of these settings."""
        closed, is_open = self.words
        sensors = [
            plans.contact(settle_open_ms=SETTLE_MS, settle_closed_ms=SETTLE_MS, open=is_open, closed=closed),
            plans.topic_contact("window", "home/window", urgent=self.is_window_urgent, open="Ajar", closed="Fast"),
            plans.counter(),
            plans.counter("meter", source="mqtt", counts="total", topic="home/meter", resets="never"),
            plans.gauge(deadband=1, stale_ms=self.stale_ms),
            plans.text(),
        ]
        return plans.plan(sensors, [self._watch(name) for name in self.watches])

    def _watch(self, name):
        if name == "hall":
            fields = {
                "title": ["Home"],
                "text": [["garage", ""]],
                "count": [["visitors", "total"]],
                "percent": [["tank", ""]],
            }
            if self.has_note:
                fields["subtext"] = [["note", ""]]
        elif name == "wrist":
            fields = {
                "title": [["window", ""]],
                "text": [["garage", ""], SINCE, ["garage", "since"]],
                "subtext": [["visitors", "today"], " today"],
                "count": [["meter", ""]],
            }
        else:
            fields = {"title": [["window", ""]], "text": [["note", ""]]}
        watch = plans.watch(name, self.pushes[name], self.spacing_ms, self.pacing, **fields)
        return watch | {"account": ("b" if name == "wrist" else "a") * 16}
