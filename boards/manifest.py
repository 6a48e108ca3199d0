"""Freeze pushglance into a firmware: `make BOARD=RPI_PICO_W FROZEN_MANIFEST=.../boards/manifest.py` in MicroPython.

Frozen code runs from flash: it needs no heap of its own and no mpy-cross. main.py and the Plan stay in the filesystem.
"""

include("$(PORT_DIR)/boards/manifest.py")
package("pushglance_board", base_path=".")
package("pushglance", files=(
    "__init__.py",
    "core/__init__.py",
    "core/checkpoint.py",
    "core/commands.py",
    "core/decider.py",
    "core/events.py",
    "core/pacing/__init__.py",
    "core/pacing/budget.py",
    "core/pacing/hold_time_model.py",
    "core/pacing/policy.py",
    "core/pacing/price_model.py",
    "core/pacing/sensor_quota.py",
    "core/pacing/staleness.py",
    "core/pacing/window.py",
    "core/plan_types.py",
    "core/push/__init__.py",
    "core/push/alerts.py",
    "core/push/backoff.py",
    "core/push/glance.py",
    "core/push/ledger.py",
    "core/push/pause.py",
    "core/push/push_request.py",
    "core/push/watch.py",
    "core/sensors/__init__.py",
    "core/sensors/contact.py",
    "core/sensors/counter.py",
    "core/sensors/debounce.py",
    "core/sensors/decimals.py",
    "core/sensors/gauge.py",
    "core/sensors/pulse_filter.py",
    "core/sensors/sensor.py",
    "core/status/__init__.py",
    "core/status/reasons.py",
    "core/status/status_line.py",
    "core/status/status_snapshot.py",
    "core/timer_queue.py",
    "core/wall_clock.py",
    "core/wire/__init__.py",
    "core/words.py",
), base_path="../agent")
