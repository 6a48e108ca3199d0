"""Freeze pushglance into a firmware: `make BOARD=RPI_PICO_W FROZEN_MANIFEST=.../boards/manifest.py` in MicroPython.

Frozen code runs from flash: it needs no heap of its own and no mpy-cross. main.py and the Plan stay in the filesystem.
"""

include("$(PORT_DIR)/boards/manifest.py")
package("pushglance_board", base_path=".")
package("pushglance", files=(
    "__init__.py",
    "core/__init__.py",
    "core/backoff.py",
    "core/budget.py",
    "core/checkpoint.py",
    "core/commands.py",
    "core/contact.py",
    "core/counter.py",
    "core/debounce.py",
    "core/decider.py",
    "core/decimals.py",
    "core/demand.py",
    "core/events.py",
    "core/gauge.py",
    "core/glance.py",
    "core/habit.py",
    "core/ledger.py",
    "core/messenger.py",
    "core/pacing.py",
    "core/pause.py",
    "core/picture.py",
    "core/pulses.py",
    "core/reasons.py",
    "core/sensor.py",
    "core/sentence.py",
    "core/shapes.py",
    "core/shares.py",
    "core/stakes.py",
    "core/timetable.py",
    "core/wall.py",
    "core/watch.py",
    "core/window.py",
    "core/wish.py",
), base_path="../agent")
