"""The heap of the whole program on a 32-bit VM: it leaves space for TLS and does not grow."""

import pytest

from support.boards.board_emulator import (
    BOARD_HEAP,
    CAPPED_TLS,
    fill,
    interpreter_or_skip,
    mixed_plan,
    publishing_plan,
    pushing_plan,
    run_board,
)

TLS = 60 * 1024  # the highest value that users report for a handshake (micropython#5355, #9071)
CORE = 76 * 1024  # code and state before the first event; `scripts/bench boards` shows the heap after a day
RECORD = 17 * 1024  # mbedTLS needs it in one piece
PUBLISHING = 120 * 1024  # less than an ESP32 without extra memory has


@pytest.fixture(scope="module")
def module():
    return interpreter_or_skip()


@pytest.mark.parametrize(("contacts", "watches"), [(1, 1), (8, 2)])
def test_the_program_leaves_space_for_tls(tmp_path, module, contacts, watches):
    """While a connection is open, the program leaves enough of a Pico W's heap for TLS, and pushes arrive."""
    fill(tmp_path, pushing_plan(contacts, watches))
    figures, log = run_board(module, tmp_path, every_ms=20_000, pins=contacts, moves=12)
    assert figures["pushes"] >= 5, log
    assert BOARD_HEAP - figures["with_tls"] >= TLS, figures


def test_the_core_alone_stays_small(tmp_path, module):
    """With eight sensors and two watches the core's code and state take less than half of the heap."""
    fill(tmp_path, mixed_plan())
    figures, _ = run_board(module, tmp_path, scenario="core_alone", moves=100)
    assert figures["pushes"] >= 5
    assert 40 * 1024 < figures["start"] < CORE, figures


@pytest.mark.parametrize(("contacts", "watches", "tls"), [(1, 1, TLS), (8, 2, CAPPED_TLS)])
def test_a_fragmented_heap_suffices(tmp_path, module, contacts, watches, tls):
    """In a Pico W's heap that cannot grow, TLS gets its record in one piece each time, and no push is lost."""
    fill(tmp_path, pushing_plan(contacts, watches))
    harness = run_board(module, tmp_path, moves=0)[0]["harness"]
    figures, log = run_board(
        module, tmp_path, every_ms=20_000, pins=contacts, moves=24, tls=tls, heap=BOARD_HEAP + harness
    )
    assert not figures["has_grown"]
    assert figures["total"] <= BOARD_HEAP + harness
    assert figures["pushes"] >= 10, log
    assert figures["piece"] >= RECORD, figures
    assert not any("memory is left" in line for line in log), log


def test_a_publishing_board_needs_less(tmp_path, module):
    """Without watches and TLS the program needs less heap and publishes every reading; interrupts allocate nothing."""
    fill(tmp_path, publishing_plan())
    figures, _ = run_board(module, tmp_path, every_ms=20_000, pins=3, moves=12)
    assert figures["published"] >= 4
    assert figures["worst"] < PUBLISHING, figures


def test_time_continues_when_ticks_wrap(tmp_path, module):
    """Ticks wrap in the emulator's first minute, as on a board after 12 days: no push is late or lost."""
    fill(tmp_path, pushing_plan(1, 1, pacing="spacing"))
    figures, log = run_board(module, tmp_path, every_ms=20_000, pins=1, until_ms=110_000)
    assert figures["moves"] - 1 <= figures["pushes"] <= figures["moves"], log
    assert figures["moves"] >= 5
    hours, minutes, seconds = map(int, log[-1].split()[0].split(":"))  # NTP's time plus the time since then
    assert 0 <= figures["now_ms"] // 1000 - (minutes * 60 + seconds) <= 21, log
    assert hours == 9
    assert not any("Pushover:" in line or "WiFi" in line for line in log)
