"""Check that a Plan fits into the memory of a board, by the table of measured bytes in the board's file."""

from collections.abc import Iterator

from pushglance.settings.board_catalog import board_pins
from pushglance.settings.errors.issues import Place, SettingIssue
from pushglance.settings.model import Settings

_KIB = 1024


def check_board_memory(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Report settings for which the board has too little memory while TLS is open, with the number and the way out."""
    board = board_pins(settings.board.kind)
    if not board.memory or settings.is_publish_only or settings.board.psram:
        return
    needed = memory_needed(settings, board.memory)
    if needed > board.memory["heap"]:
        has = board.memory["heap"] // _KIB
        problem = f"these settings need about {needed // _KIB} KiB of memory, and this {board.title} has {has}"
        yield SettingIssue(("sensors",), f"{problem}; {_way_out(settings, board.memory)}")


def _way_out(settings: Settings, table: dict[str, int]) -> str:
    node = "let a Pi push what this board publishes with [node]"
    if _program_with_watch(settings, table) > table["heap"]:  # fewer sensors would not help
        return f"{node}, or add psram = true under [board] if this board has extra memory"
    frozen = "" if settings.board.frozen else ", freeze pushglance into the firmware (boards/README.md)"
    return f"use fewer sensors, {node}{frozen}"


def _program_with_watch(settings: Settings, table: dict[str, int]) -> int:
    """Return the bytes that a board needs to push anything to one watch."""
    needed = table["program"] + table["tls"] + table["reserve"] + table["watch"]
    return needed - (table["frozen"] if settings.board.frozen else 0)


def memory_needed(settings: Settings, table: dict[str, int]) -> int:
    """Return the bytes of the heap that a board with these settings needs at worst."""
    kinds = [sensor.kind for sensor in settings.sensors.values()]
    needed = _program_with_watch(settings, table)
    needed += sum(table[kind] for kind in kinds) + sum(table[f"{kind}_code"] for kind in set(kinds))
    needed += table["watch"] * (max(1, len(settings.watches)) - 1)
    if settings.mqtt is not None:
        needed += table["mqtt"] + (table["mqtt_tls"] if settings.mqtt.tls else 0)
    return needed
