"""The time within which pulses are one: the key `dead_time` of counters on pins and topics."""

from typing import Annotated

from pushglance.settings.values.durations import Duration, DurationRange

DeadTime = Annotated[Duration, DurationRange("0s", "1h", "s")]

DEAD_TIME = (
    "Pulses that follow one another within this time count as one, however long they go on, e.g. the rings of a bell, "
    "0s to 1h; left out: each one counts."
)
