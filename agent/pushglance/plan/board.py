"""The Plan of a microcontroller: the Plan of a computer plus the keys that only a board needs."""

import re
import time
from typing import TYPE_CHECKING

from pushglance.settings import Settings
from pushglance.settings.board_catalog import board_pins
from pushglance.settings.values.time_zones import zone_changes

from .compiler import compile_plan

if TYPE_CHECKING:
    from pushglance.core.plan_types import BoardPlan, Plan

_NO_LED = "none"
_HOSTNAME_MAX = 32


def board_plan(settings: Settings, root_until_s: int) -> "Plan":
    """Return the Plan for a board, secrets included.

    `root_until_s` is the Unix time at which the last packed root certificate expires, 0 without one.
    """
    plan = compile_plan(settings)
    board = settings.board
    led = board.led or board_pins(board.kind).led
    board_keys: BoardPlan = {
        "kind": board.kind,
        "ssid": board.ssid or "",
        "country": board.country or "",
        "hostname": _hostname(settings),
        "ntp": board.ntp,
        "zone": zone_changes(board.zone, int(time.time())),
        "led": "" if led == _NO_LED else led,
        "root_until_s": root_until_s,
    }
    plan["board"] = board_keys
    plan.pop("page", None)  # a board has no page
    plan["secrets"]["wifi_password"] = board.password.get_secret_value() if board.password else ""
    # Paths of this computer do not exist on the board; certificates are copied as separate files.
    plan["pushover"] = {**plan["pushover"], "ca_file": ""}
    plan["pushover"].pop("proxy", None)  # a proxy of this computer's environment; boards use none
    plan["secrets"].pop("proxy", None)
    if plan["mqtt"] is not None and settings.mqtt is not None:
        # Not the id of this computer: if two clients have the same id, the broker disconnects the older one.
        board_name = settings.node.name if settings.node else f"{board.kind}-{'-'.join(settings.sensors)[:40]}"
        client_id = settings.mqtt.client_id or f"pushglance-{board_name}"
        plan["mqtt"] = {**plan["mqtt"], "ca_file": "", "cert_file": "", "key_file": "", "client_id": client_id}
    return plan


def _hostname(settings: Settings) -> str:
    """Return a valid host name: letters, digits and hyphens, not longer than MicroPython accepts."""
    name = settings.node.name if settings.node is not None and settings.node.name else settings.board.kind
    return re.sub(r"[^a-z0-9]+", "-", f"pushglance-{name}".lower())[:_HOSTNAME_MAX].strip("-")
