"""The mixtures of faults that stories are made of."""

from pathlib import Path
from random import Random

from .chaos import Chaos
from .story import Counts, Story

CHANGES = {"door": 14, "change": 50, "replay": 2}

# Faults a day; each of so many `watches` (default 1) has the budget `pushes`. A small one is spent often, so that each
# lost debit shows.
SCENARIOS: dict[str, dict[str, float]] = {
    "answers": {"pushes": 50, "answer": 30, "outage": 1, "restart": 0.5},
    "kills": {
        "pushes": 8,
        "watches": 2,
        "kill": 2,
        "kill_at_push": 6,
        "kill_at_change": 2,
        "restart": 1,
        "reload": 0.4,
    },
    "boots": {"pushes": 5, "boot": 2.5, "clock": 1.5, "kill_at_push": 1},
    "power": {"pushes": 20, "watches": 2, "cut_at_push": 15, "kill_at_push": 1},
    "stores": {"pushes": 3, "lose_store": 1.5, "kill_at_push": 1},
    "everything": {
        "pushes": 8,
        "watches": 2,
        "answer": 6,
        "outage": 0.5,
        "kill": 1,
        "kill_at_push": 3,
        "kill_at_change": 1,
        "restart": 0.5,
        "reload": 0.3,
        "boot": 0.7,
        "cut_at_push": 1,
        "clock": 0.7,
        "lose_store": 0.2,
    },
}
NAMES = tuple(SCENARIOS)


def run_story(name: str, seed: int, folder: Path, days: float, package: Path | None = None) -> Counts:
    """Run one story with the faults of a scenario."""
    rates = SCENARIOS[name] | CHANGES
    pushes, watches = int(rates.pop("pushes")), int(rates.pop("watches", 1))
    rng = Random(f"{name} {seed}")
    story = Story(rng, folder, pushes, watches, rng.choice((1, 1, 5)), package)
    try:
        Chaos(story, folder).schedule(days, rates)
        story.time.set_wall(0, is_synchronised=rng.random() < 0.8)
        return story.run(days)
    finally:
        story.close()
