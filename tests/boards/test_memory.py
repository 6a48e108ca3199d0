"""The heap of the whole program on 32 bits: it leaves room for TLS, does not grow, and ticks may wrap meanwhile."""

import pytest

from support.boards.board_emulator import (
    BOARD_HEAP,
    CAPPED_TLS,
    fill,
    interpreter_or_skip,
    live,
    mixed_plan,
    publishing_plan,
    pushing_plan,
)

TLS = 60 * 1024  # what the most careful of users' reports name for a handshake (micropython#5355, #9071)
CORE = 76 * 1024  # code and state before the first fact; what it holds after a day is told by `scripts/bench boards`
RECORD = 17 * 1024  # what mbedTLS wants in one piece
PUBLISHING = 120 * 1024  # below what an ESP32 without extra memory gives to a program


@pytest.fixture(scope="module")
def module():
    return interpreter_or_skip()


@pytest.mark.parametrize(("contacts", "watches"), [(1, 1), (8, 2)])
def test_tls_fits_beside_the_program(tmp_path, module, contacts, watches):
    """With a connection open the program leaves enough of a Pico W's heap to TLS, and pushes arrive."""
    fill(tmp_path, pushing_plan(contacts, watches))
    figures, detail = live(module, tmp_path, every_ms=20_000, pins=contacts, moves=12)
    assert figures["pushes"] >= 5, detail
    assert BOARD_HEAP - figures["beside"] >= TLS, figures


def test_the_core_alone_stays_small(tmp_path, module):
    """Eight sensors of all kinds and two watches: the core's code and state leave most of a board to others."""
    fill(tmp_path, mixed_plan())
    figures, _ = live(module, tmp_path, story="core_alone", moves=100)
    assert figures["pushes"] >= 5
    assert 40 * 1024 < figures["start"] < CORE, figures


@pytest.mark.parametrize(("contacts", "watches", "tls"), [(1, 1, TLS), (8, 2, CAPPED_TLS)])
def test_a_heap_that_cannot_grow_is_enough(tmp_path, module, contacts, watches, tls):
    """In a Pico W's heap, fragments and all, TLS finds its record in one piece each time, and no push is missing."""
    fill(tmp_path, pushing_plan(contacts, watches))
    harness = live(module, tmp_path, moves=0)[0]["harness"]
    figures, detail = live(
        module, tmp_path, every_ms=20_000, pins=contacts, moves=24, tls=tls, heap=BOARD_HEAP + harness
    )
    assert not figures["has_grown"]
    assert figures["total"] <= BOARD_HEAP + harness
    assert figures["pushes"] >= 10, detail
    assert figures["piece"] >= RECORD, figures
    assert not any("memory is left" in line for line in detail), detail


def test_a_publishing_board_fits_into_less(tmp_path, module):
    """Without watches and TLS the program needs less and publishes every reading; its interrupts allocate nothing."""
    fill(tmp_path, publishing_plan())
    figures, _ = live(module, tmp_path, every_ms=20_000, pins=3, moves=12)
    assert figures["published"] >= 4
    assert figures["worst"] < PUBLISHING, figures


def test_time_goes_on_when_ticks_wrap(tmp_path, module):
    """Ticks wrap in the emulator's first minute, as a board's do after 12 days: nothing is late, nothing is lost."""
    fill(tmp_path, pushing_plan(1, 1, pacing="spacing"))
    figures, detail = live(module, tmp_path, every_ms=20_000, pins=1, until_ms=110_000)
    assert figures["moves"] - 1 <= figures["pushes"] <= figures["moves"], detail
    assert figures["moves"] >= 5
    hours, minutes, seconds = map(int, detail[-1].split()[0].split(":"))  # NTP's time, and what has passed since
    assert 0 <= figures["now_ms"] // 1000 - (minutes * 60 + seconds) <= 21, detail
    assert hours == 9
    assert not any("Pushover:" in line or "WiFi" in line for line in detail)
